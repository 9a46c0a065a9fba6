import { setMaxListeners } from 'node:events'
import { LockstepError } from '../errors/error.ts'

/** Aborted with what ended the run: the user here, a lost host by whoever notices. */
export function stopSignal(interrupted: AbortSignal): AbortController {
  const stop = new AbortController()
  setMaxListeners(0, stop.signal) // everything that a run waits for listens, on all hosts at once
  const interrupt = () => stop.abort(new LockstepError('USER_INTERRUPT', 'interrupted'))
  if (interrupted.aborted) interrupt()
  else interrupted.addEventListener('abort', interrupt, { once: true })
  return stop
}
