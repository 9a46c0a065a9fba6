import isochron from '../../schemas/isochron.schema.json' with { type: 'json' }
import playbook from '../../schemas/playbook.schema.json' with { type: 'json' }
import steps from '../../schemas/steps.schema.json' with { type: 'json' }
import values from '../../schemas/values.schema.json' with { type: 'json' }
import type { Problem } from '../errors/error.ts'
import { schemaChecker } from '../source/check.ts'
import { child, entriesOf, type SourceNode } from '../source/node.ts'

/** Steps are checked by themselves: most playbooks have none, and a schema takes a while to compile. */
const checkOthers = schemaChecker(playbook, [values, isochron, { $id: steps.$id }])

/** Finds what `schemas/steps.schema.json` finds in a list of steps. */
export const checkSteps = schemaChecker(steps, [values])

/** Finds what `schemas/playbook.schema.json` finds, each with its place. */
export function checkPlaybook(document: SourceNode): readonly Problem[] {
  const flows = entriesOf(child(document, 'flows')).map(([, { value }]) => value)
  const lists = [
    ...[child(document, 'setup'), child(document, 'after')],
    ...flows.flatMap(flow => [child(flow, 'before'), child(flow, 'after')]),
  ]
  return [...checkOthers(document), ...lists.flatMap(list => (list === undefined ? [] : checkSteps(list)))]
}
