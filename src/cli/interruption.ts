/** A wrapper such as npm passes on the Ctrl-C that the terminal has sent to all of us: nobody presses it twice so fast. */
const echoMs = 250

/**
 * Aborted by the first SIGINT, SIGTERM or SIGHUP, so that whatever runs can clean up. A second SIGINT is somebody who
 * does not want to wait. A second SIGHUP is not, for shells repeat it to their jobs.
 */
export function interruption(endAtOnce: () => never): AbortSignal {
  const interrupt = new AbortController()
  let firstAt = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) {
        if (signal === 'SIGINT' && performance.now() - firstAt > echoMs) endAtOnce()
      } else {
        firstAt = performance.now()
        interrupt.abort(signal)
      }
    })
  }
  return interrupt.signal
}
