import { after, before, type Micros, type Moment, micros } from '../units/micros.ts'
import { type Book, ledgerOfClass, ledgerOfIdentity } from './book.ts'
import { loadAround, peakIn, runsAround } from './density.ts'
import { type Entry, isLive } from './entry.ts'
import { countOf, meeting } from './ledger.ts'
import { type QuotaName, type Reason, reason } from './reasons.ts'
import { type Margins, type Window, windowOf } from './window.ts'

/** How much one class and all below it may have together. */
export interface Level {
  readonly class: string
  /** The class itself and all below it. */
  readonly classes: readonly string[]
  readonly quotas: Quotas
}

export interface Quotas {
  readonly held?: number
  readonly pending?: number
  readonly active?: number
  /** Within any `period`. */
  readonly runs?: { readonly most: number; readonly period: Micros }
  readonly busy?: { readonly most: Micros; readonly period: Micros }
  readonly coolDown?: Micros
}

/** What is about to be booked. */
export interface Booking {
  readonly identity: string
  readonly gid: string
  readonly block: boolean
  readonly within: string | undefined
  readonly start: Moment
  readonly duration: Micros
  readonly margins: Margins
}

/** One quota of one class: `used` by others' and own earlier bookings, `asked` on top of it. */
export interface QuotaCheck {
  readonly quota: QuotaName
  readonly class: string
  readonly used: number
  readonly asked: number
  readonly allowed: number
  readonly met: boolean
  /** A start for which it would be met, where one is known. */
  readonly next: Moment | undefined
}

/** Every quota at every level, drawn from the book as it is: nothing is counted on the side. */
export function quotaChecks(book: Book, booking: Booking, levels: readonly Level[]): readonly QuotaCheck[] {
  return levels.flatMap(level => [
    ...stateChecks(book, level, ['held', 'pending']),
    ...timeChecks(book, booking, level),
    ...coolDownChecks(book, booking, level),
  ])
}

/** Of those of the checks that count states, as they are now. */
export function stateChecks(book: Book, level: Level, names: readonly ('held' | 'pending')[]): readonly QuotaCheck[] {
  const ledgers = level.classes.map(name => ledgerOfClass(book, name))
  return names.flatMap(quota => {
    const allowed = level.quotas[quota]
    if (allowed === undefined) return []
    const used = countOf(ledgers, quota)
    return [{ quota, class: level.class, used, asked: 1, allowed, met: used < allowed, next: undefined }]
  })
}

export const quotaReason = ({ quota, class: name, used, asked, allowed, next }: QuotaCheck): Reason =>
  reason('QUOTA', { quota, class: name, used, asked, allowed, ...(next === undefined ? {} : { next }) })

/** Quotas over time are asked for the time of the booking, past or ahead: bookings ahead count like those that have run. */
function timeChecks(book: Book, booking: Booking, level: Level): readonly QuotaCheck[] {
  const near: Near = (start, period) => {
    const window = widened(windowAt(booking, start), period)
    return level.classes.flatMap(name => [...meeting(ledgerOfClass(book, name), window)])
  }
  return [activeCheck, runsCheck, busyCheck].flatMap(check => check(level, booking, near) ?? [])
}

/** The entries whose windows come within a period of that of the booking, were it to start then. */
type Near = (start: Moment, period: Micros) => readonly Entry[]

/** A test in a block takes nothing that the block has not taken. */
function activeCheck({ class: name, quotas: { active } }: Level, booking: Booking, near: Near): QuotaCheck | undefined {
  if (active === undefined || booking.within !== undefined) return undefined
  const others = (start: Moment) => near(start, micros(0)).filter(each => isOutermost(each) && isLive(each))
  const used = (start: Moment) => peakIn(others(start), windowAt(booking, start))
  const ends = others(booking.start).map(({ window }) => after(window.to, booking.margins.before))
  return checkAt(booking, { quota: 'active', class: name, used, asked: 1, allowed: active }, ends)
}

/** A block runs nothing itself. */
function runsCheck({ class: name, quotas: { runs } }: Level, booking: Booking, near: Near): QuotaCheck | undefined {
  if (runs === undefined || booking.block) return undefined
  const { most, period } = runs
  const starts = (start: Moment) => near(start, period).flatMap(each => (each.block ? [] : [each.start]))
  const used = (start: Moment) => runsAround(starts(start), start, period)
  const ends = starts(booking.start).map(start => after(start, period))
  return checkAt(booking, { quota: 'runs', class: name, used, asked: 1, allowed: most }, ends)
}

function busyCheck({ class: name, quotas: { busy } }: Level, booking: Booking, near: Near): QuotaCheck | undefined {
  if (busy === undefined || booking.within !== undefined) return undefined
  const { most, period } = busy
  const others = (start: Moment) =>
    near(start, period)
      .filter(isOutermost)
      .map(({ window }) => window)
  const own = windowAt(booking, booking.start)
  const asked = Math.min(own.to - own.from, period)
  const used = (start: Moment) => loadAround(others(start), windowAt(booking, start), period) - asked
  const ends = others(booking.start).map(({ to }) => after(after(to, period), booking.margins.before))
  return checkAt(booking, { quota: 'busy', class: name, used, asked, allowed: most }, ends)
}

/** The identity's own other bookings keep a distance; the members of one group, and a block with its tests, do not. */
function coolDownChecks(
  book: Book,
  booking: Booking,
  { class: name, quotas: { coolDown } }: Level,
): readonly QuotaCheck[] {
  if (coolDown === undefined || booking.within !== undefined) return []
  const near = (start: Moment) =>
    [...meeting(ledgerOfIdentity(book, booking.identity), widened(windowAt(booking, start), coolDown))].filter(
      each => isOutermost(each) && each.gid !== booking.gid,
    )
  const lacking = (start: Moment) =>
    Math.max(0, ...near(start).map(({ window }) => coolDown - gapBetween(window, windowAt(booking, start))))
  const ends = near(booking.start).map(({ window }) => after(after(window.to, coolDown), booking.margins.before))
  return [checkAt(booking, { quota: 'cool_down', class: name, used: lacking, asked: 0, allowed: 0 }, ends)]
}

/** More than any asker needs to be told. */
const mostTries = 32

interface Measured extends Omit<QuotaCheck, 'used' | 'met' | 'next'> {
  /** Without the booking, were it to start then. */
  readonly used: (start: Moment) => number
}

/** Of the starts at which something falls out of the quota, the next one at which it is met. */
function checkAt({ start }: Booking, { used, ...rest }: Measured, starts: readonly Moment[]): QuotaCheck {
  const isMet = (at: Moment) => used(at) + rest.asked <= rest.allowed
  const met = isMet(start)
  const later = met ? [] : starts.filter(at => at > start).sort((a, b) => a - b)
  return { ...rest, used: used(start), met, next: later.slice(0, mostTries).find(isMet) }
}

const isOutermost = ({ within }: Entry) => within === undefined
const windowAt = ({ duration, margins }: Booking, start: Moment) => windowOf(start, duration, margins)
const widened = ({ from, to }: Window, by: Micros): Window => ({ from: before(from, by), to: after(to, by) })
const gapBetween = (a: Window, b: Window) => Math.max(0, b.from - a.to, a.from - b.to)
