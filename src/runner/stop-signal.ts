import { setMaxListeners } from 'node:events'
import { LockstepError } from '../errors/error.ts'
import type { Emit } from './events.ts'

/**
 * Aborted with what ended the run: the user, a run folder that cannot be written any more, or a lost host by whoever
 * notices.
 */
export function stopSignal(interrupted: AbortSignal, folderFailed: AbortSignal, emit: Emit): AbortController {
  const stop = new AbortController()
  setMaxListeners(0, stop.signal) // everything that a run waits for listens, on all hosts at once
  whenAborted(interrupted, () => {
    emit({ kind: 'warning', message: 'interrupted: what can still be read is read, then everything ends' })
    stop.abort(new LockstepError('USER_INTERRUPT', 'interrupted'))
  })
  whenAborted(folderFailed, () => stop.abort(folderFailed.reason))
  return stop
}

/** Acts once the signal is aborted, or now; returns the function that stops listening. */
export function whenAborted(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) act()
  else signal.addEventListener('abort', act, { once: true })
  return () => signal.removeEventListener('abort', act)
}
