import { LockstepError, together } from '../errors/error.ts'

/** Sleeps for so many milliseconds; rejects with the signal's reason when it is aborted first. */
export function sleep(forMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error)
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', stop)
        resolve()
      },
      Math.max(0, forMs),
    )
    signal.addEventListener('abort', stop, { once: true })
  })
}

/** The promise's result, unless the signal is aborted first: then its reason. The promise itself goes on unheard. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error)
    const stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
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
