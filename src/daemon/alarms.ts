import type { Now } from '../book/requests.ts'
import type { Timer } from '../book/timers.ts'

/** Wakes up for the timers of reservations. */
export interface Alarms {
  /** Instead of those that the reservation had; none: it has no more. */
  set(rid: string, timers: readonly Timer[]): void
  /** The clock was set: all are looked at again. */
  again(): void
  stop(): void
}

/** Further ahead than this nobody's timer counts exactly, and Node's not at all. */
const longestMs = 3_600_000

/** `ring` is told of a timer once; whoever wants to be told again sets it again. */
export function alarmsFor(now: () => Now, ring: (rid: string, event: Timer['event']) => void): Alarms {
  const waiting = new Map<string, { readonly timers: readonly Timer[]; node: NodeJS.Timeout | undefined }>()
  const leftOf = ({ clock, at }: Timer) => at - now()[clock]
  const look = (rid: string) => {
    const own = waiting.get(rid)
    if (own === undefined) return
    const due = own.timers.filter(timer => leftOf(timer) <= 0)
    const rest = own.timers.filter(timer => !due.includes(timer))
    if (due.length > 0) arm(rid, rest)
    for (const { event } of due) ring(rid, event)
    if (due.length === 0) arm(rid, rest)
  }
  const arm = (rid: string, timers: readonly Timer[]) => {
    clearTimeout(waiting.get(rid)?.node)
    waiting.delete(rid)
    if (timers.length === 0) return
    const left = Math.min(...timers.map(leftOf)) / 1_000
    const node = setTimeout(() => look(rid), Math.min(longestMs, Math.max(0, Math.ceil(left))))
    waiting.set(rid, { timers, node })
  }
  return {
    set: arm,
    again: () => {
      for (const [rid, { timers }] of [...waiting]) arm(rid, timers)
    },
    stop: () => {
      for (const { node } of waiting.values()) clearTimeout(node)
      waiting.clear()
    },
  }
}
