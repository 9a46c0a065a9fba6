/** A clock that is set moves against the one that nobody sets; steering moves both. In us. */
const smallest = 5_000
const lookEachMs = 200

/** Tells when the clock was set, and by how much. */
export function watchClock(gap: () => number, stepped: (step: number) => void): { stop(): void } {
  let known = gap()
  const timer = setInterval(() => {
    const found = gap()
    if (Math.abs(found - known) < smallest) return
    stepped(found - known)
    known = found
  }, lookEachMs)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
