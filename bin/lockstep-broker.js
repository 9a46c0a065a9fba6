#!/usr/bin/env node
import { start } from '../dist/broker.js'

await start()
