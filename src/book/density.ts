import type { Micros, Moment } from '../units/micros.ts'
import type { Window } from './window.ts'

/** The most windows at one instant of a window. */
export function peakIn(windows: readonly { readonly window: Window }[], { from, to }: Window): number {
  const met = windows.map(each => each.window).filter(each => each.from < to && from < each.to)
  const begins = [from, ...met.map(each => each.from).filter(begin => begin >= from)]
  return Math.max(0, ...begins.map(at => met.filter(each => each.from <= at && at < each.to).length))
}

/** The most other starts that any period has which holds this one. A period is half open. */
export function runsAround(others: readonly Moment[], start: Moment, period: Micros): number {
  const near = others.filter(each => Math.abs(each - start) < period).sort((a, b) => a - b)
  let [most, last] = [0, 0]
  const begins = [...near.filter(each => each <= start), start]
  begins.forEach((begin, first) => {
    while (last < near.length && (near[last] ?? 0) < begin + period) last++
    most = Math.max(most, last - Math.min(first, near.length))
  })
  return most
}

/** The most busy time, together with that of a window of its own, that any period has which meets that window. */
export function loadAround(others: readonly Window[], own: Window, period: Micros): number {
  const all = [...others, own]
  const busyBefore = busyTime(all)
  // The load turns down only where a window begins or ends at an edge of the period; besides, the outermost periods count.
  const edges = all.flatMap(({ from, to }) => [from, to - period])
  const begins = [...edges, own.from - period + 1, own.to - 1].filter(
    begin => own.from - period < begin && begin < own.to,
  )
  return Math.max(...begins.map(begin => busyBefore(begin + period) - busyBefore(begin)))
}

/** How much time all windows together have had at an instant: the ramps that begin less those that end. */
function busyTime(windows: readonly Window[]): (at: number) => number {
  const begun = ramps(windows.map(({ from }) => from))
  const ended = ramps(windows.map(({ to }) => to))
  return at => begun(at) - ended(at)
}

/** The sum of `at` less each of the instants that lie before it. */
function ramps(instants: readonly number[]): (at: number) => number {
  const sorted = instants.toSorted((a, b) => a - b)
  const [origin = 0] = sorted
  const sums = [0]
  // Counted from the first one, so that the sums stay exact.
  for (const each of sorted) sums.push((sums.at(-1) ?? 0) + (each - origin))
  return at => {
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sorted[middle] ?? 0) < at) low = middle + 1
      else high = middle
    }
    return low * (at - origin) - (sums[low] ?? 0)
  }
}
