import { factNames } from '../facts/host-facts.ts'
import type { StepLanguage } from '../playbook/step-kind.ts'
import { assert } from './assert.ts'
import { include } from './include.ts'
import { pause } from './pause.ts'
import { pull } from './pull.ts'
import { push } from './push.ts'
import { run } from './run.ts'
import { script } from './script.ts'
import { set } from './set.ts'
import { template } from './template.ts'
import { waitFor } from './wait-for.ts'

/** Every step that a playbook may have. */
export const stepLanguage: StepLanguage = {
  kinds: [run, script, push, template, pull, waitFor, pause, assert, set, include],
  facts: factNames,
}
