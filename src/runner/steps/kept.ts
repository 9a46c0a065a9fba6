import type { Step } from '../../playbook/step.ts'
import type { Value } from '../../source/node.ts'

/** What a step with `for` has learnt so far: of each variable a list in the order of its tasks, with nothing where one gave none. */
export const listsOf = (
  { sets }: Pick<Step, 'sets'>,
  tasks: readonly ReadonlyMap<string, Value>[],
): ReadonlyMap<string, Value> => new Map(sets.map(name => [name, tasks.map(values => values.get(name) ?? null)]))
