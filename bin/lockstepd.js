#!/usr/bin/env node
import { start } from '../dist/lockstepd.js'

await start(new URL(import.meta.url))
