import type { EventKind, EventOf, RunEvent } from '../runner/events.ts'

/** One handler per kind of event: the compiler asks for a missing one. */
export type ByKind<Result> = { readonly [Kind in EventKind]: (event: EventOf<Kind>) => Result }

/** Hands an event to the handler of its kind. */
export function handle<Result>(handlers: ByKind<Result>, event: RunEvent): Result {
  // The mapped type pairs each kind with its handler; the compiler loses that pairing at an index that is a union.
  const handler = handlers[event.kind] as (event: RunEvent) => Result
  return handler(event)
}
