import isochron from '../../schemas/isochron.schema.json' with { type: 'json' }
import playbook from '../../schemas/playbook.schema.json' with { type: 'json' }
import steps from '../../schemas/steps.schema.json' with { type: 'json' }
import values from '../../schemas/values.schema.json' with { type: 'json' }
import { schemaChecker } from '../source/check.ts'

/** Finds what `schemas/playbook.schema.json` finds, each with its place. */
export const checkPlaybook = schemaChecker(playbook, [values, isochron, steps])

/** Finds what `schemas/steps.schema.json` finds in a file of steps. */
export const checkSteps = schemaChecker(steps, [values])
