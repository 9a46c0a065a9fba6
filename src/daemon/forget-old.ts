import { entriesOf } from '../book/book.ts'
import type { Entry } from '../book/entry.ts'
import { isLive } from '../book/entry.ts'
import type { Rules } from '../book/limits.ts'
import type { Now } from '../book/requests.ts'
import type { BookStore } from './book-store.ts'

const lookEachMs = 60_000
/** A hold that came to nothing: for whoever asks what became of it. */
const holdsForUs = 600_000_000

/** Takes out of the book what neither a quota nor anybody's results need any more. */
export function forgetOld(
  store: BookStore,
  rules: () => Rules,
  { ttlMs, now }: { readonly ttlMs: number; now(): Now },
): { stop(): void } {
  const look = () => {
    const longest = Math.max(ttlMs * 1_000, longestPeriod(rules()))
    const { utc } = now()
    for (const { rid } of entriesOf(store.book).filter(entry => isOld(entry, utc, longest))) store.forget(rid)
  }
  const timer = setInterval(look, lookEachMs)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

export const isOld = (entry: Entry, utc: number, longest: number): boolean =>
  !isLive(entry) && entry.window.to + (entry.ran || entry.digest !== undefined ? longest : holdsForUs) < utc

/** Of any quota of any class or grant, in us. */
export function longestPeriod({ classes, grants }: Rules): number {
  const limits = [...Object.values(classes), ...grants].map(each => each.limits)
  return Math.max(0, ...limits.flatMap(({ runs, busy }) => [runs?.value.period ?? 0, busy?.value.period ?? 0]))
}
