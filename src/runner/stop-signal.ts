import { LockstepError } from '../errors/error.ts'

/** Aborted with what ended the run: the user here, a lost host by whoever notices. */
export function stopSignal(interrupted: AbortSignal): AbortController {
  const stop = new AbortController()
  const interrupt = () => stop.abort(new LockstepError('USER_INTERRUPT', 'interrupted'))
  if (interrupted.aborted) interrupt()
  else interrupted.addEventListener('abort', interrupt, { once: true })
  return stop
}
