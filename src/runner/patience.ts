import { setMaxListeners } from 'node:events'
import { LockstepError, together } from '../errors/error.ts'
import { deadline } from '../transport/deadline.ts'

/** Aborted with the first of these; everything that a run waits for may listen to it. */
export function anySignal(...signals: readonly AbortSignal[]): AbortSignal {
  const any = AbortSignal.any([...signals])
  setMaxListeners(0, any)
  return any
}

/**
 * Aborted with the first of these, or after so many milliseconds; `done()` stops its timer. AbortSignal.timeout() will not do:
 * Node 20 forgets one that only AbortSignal.any() listens to, and it never fires.
 */
export function anySignalWithin(limitMs: number, ...signals: readonly AbortSignal[]) {
  const limit = deadline(limitMs, () => new DOMException(`${limitMs} ms are over`, 'TimeoutError'), ...signals)
  setMaxListeners(0, limit.signal)
  return limit
}

/** The promise's result, or an error that says what was waited for when it takes longer than so many milliseconds. */
export async function within<T>(limitMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new LockstepError('STEP_TIMEOUT', `${what} took longer than ${limitMs} ms`)),
      limitMs,
    )
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Runs all of them at once and waits for all, also when one fails; then fails with every failure. */
export async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises)
  const failures = settled.flatMap(result => (result.status === 'rejected' ? [result.reason as unknown] : []))
  if (failures.length > 0) throw worst(failures)
  return settled.map(result => (result as PromiseFulfilledResult<T>).value)
}

/** A bug of ours goes first; several findings of ours become one error that lists them all. */
function worst(failures: readonly unknown[]): unknown {
  const ours = failures.filter(failure => failure instanceof LockstepError)
  const [first, ...rest] = ours
  if (first === undefined || ours.length < failures.length)
    return failures.find(failure => !(failure instanceof LockstepError))
  return together(first, rest)
}
