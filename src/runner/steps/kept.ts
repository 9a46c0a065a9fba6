import type { Value } from '../../source/node.ts'

/** What is kept of each task of a step with `for`, as the step's: one list for each variable, in the order of the tasks. */
export function listsOf(tasks: readonly ReadonlyMap<string, Value>[]): ReadonlyMap<string, Value> {
  const names = new Set(tasks.flatMap(values => [...values.keys()]))
  return new Map([...names].map(name => [name, tasks.flatMap(values => [values.get(name) ?? null])] as const))
}
