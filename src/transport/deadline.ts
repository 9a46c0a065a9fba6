/**
 * A signal that aborts with `late()` after `ms`, or as soon as one of `others` does, with that one's reason.
 * `done()` stops its timer.
 */
export function deadline(ms: number, late: () => Error, ...others: readonly (AbortSignal | undefined)[]) {
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(late()), ms)
  const given = others.filter(signal => signal !== undefined)
  return { signal: AbortSignal.any([timeout.signal, ...given]), done: () => clearTimeout(timer) }
}

/** The outcome of `work`, or the reason of `signal` when that comes first. `work` goes on, unheard. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** A pause that ends early, with the reason, when `signal` aborts. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort)
      resolve()
    }, ms)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
