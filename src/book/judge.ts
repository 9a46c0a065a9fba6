import type { Place } from '../errors/error.ts'
import { lengthOf, type Micros, type Moment } from '../units/micros.ts'
import { covers, formatNet, type Net } from '../units/net.ts'
import type { Book } from './book.ts'
import { within } from './hours.ts'
import {
  type ClassRule,
  type Grant,
  type LimitName,
  type Limits,
  limitKinds,
  pathOf,
  type Rules,
  subtreeOf,
} from './limits.ts'
import { type Booking, type Level, type QuotaCheck, quotaChecks } from './quotas.ts'
import { type Reason, reason } from './reasons.ts'

/** Who asks: what sshd has made sure of. */
export interface Asker {
  readonly identity: string
  readonly address: Net | undefined
}

/** What is asked for, as far as limits are about it; undefined where it does not apply to the kind. */
export interface Ask {
  /** None for a block: `block` says who may have one. */
  readonly kinds?: string
  readonly profiles?: string
  readonly roles?: string
  readonly protocols?: string
  readonly interfaces?: string
  readonly peers?: readonly Net[]
  readonly duration: Micros
  readonly start: Moment
  /** Infinity for a test that sends as fast as it can. */
  readonly bandwidth?: number
  readonly rate_pps?: number
  readonly streams?: number
  readonly packet_size?: number
  readonly clock_error: Micros
  readonly unsynced: boolean
  readonly single_ended: boolean
  readonly block: boolean
  readonly on_disconnect_continue: boolean
}

/** One look at one limit: what `limits explain` prints a line of. */
export interface Check {
  readonly limit: LimitName
  readonly asked: unknown
  /** What others have used up of it, for a quota. */
  readonly used?: number
  /** Undefined: not mentioned, and so not allowed. */
  readonly allowed: unknown
  readonly class: string
  /** Where the value stands; for one that is not mentioned, where it would. */
  readonly at: Place
  readonly byGrant: boolean
  readonly met: boolean
}

/** The class of an asker: that of the first assignment that fits. Undefined when none does. */
export function classOf({ assign, classes }: Rules, { identity, address }: Asker): ClassRule | undefined {
  const found = assign.find(
    each =>
      (each.identity === undefined || each.identity === identity) &&
      (each.net === undefined || (address !== undefined && covers(each.net, address))),
  )
  return found && classes[found.class]
}

/** A class, or one above it, that may do nothing. */
export const isDenied = (rules: Rules, { name }: ClassRule): boolean => pathOf(rules, name).some(({ deny }) => deny)

/** Every static limit that is about the request, with what it says to it; the first that is not met decides. */
export function staticChecks(rules: Rules, asker: Asker, own: ClassRule, ask: Ask, now: Moment): readonly Check[] {
  const levels = levelsFor(rules, asker, own, now)
  return (Object.keys(limitKinds) as LimitName[]).flatMap(limit => {
    const kind = limitKinds[limit]
    if (kind === 'quota') return []
    if (kind === 'leave') return leaveCheck(limit, levels, ask)
    return levels.flatMap(level => staticCheck(limit, level, ask, now) ?? [])
  })
}

/** What the book needs to know of the quotas, for its own decision. */
export function quotaLevels(rules: Rules, asker: Asker, own: ClassRule, now: Moment): readonly Level[] {
  return levelsFor(rules, asker, own, now).map(
    ({ name, limits: { held, pending, active, runs, busy, cool_down: coolDown } }) => ({
      class: name,
      classes: subtreeOf(rules, name),
      quotas: {
        ...(held && { held: held.value }),
        ...(pending && { pending: pending.value }),
        ...(active && { active: active.value }),
        ...(runs && { runs: runs.value }),
        ...(busy && { busy: busy.value }),
        ...(coolDown && { coolDown: coolDown.value }),
      },
    }),
  )
}

/** All checks in the order of the decision: the static ones, then the quotas. */
export function explain(
  rules: Rules,
  book: Book,
  asker: Asker,
  ask: Ask,
  booking: Booking,
  now: Moment,
): readonly Check[] {
  const own = classOf(rules, asker)
  if (own === undefined || isDenied(rules, own)) return []
  const levels = levelsFor(rules, asker, own, now)
  const quotas = quotaChecks(book, booking, quotaLevels(rules, asker, own, now))
  return [...staticChecks(rules, asker, own, ask, now), ...quotas.flatMap(check => placed(check, levels))]
}

/** Why a request is refused by the class and its static limits; undefined when it is not. */
export function staticFault(rules: Rules, asker: Asker, ask: Ask, now: Moment): Reason | undefined {
  const own = classOf(rules, asker)
  if (own === undefined || isDenied(rules, own))
    return reason('CLASS_DENIED', own === undefined ? {} : { class: own.name })
  const failed = staticChecks(rules, asker, own, ask, now).find(({ met }) => !met)
  if (failed === undefined) return undefined
  const { limit, asked, allowed } = failed
  const data = { limit, asked: plain(limit, asked), allowed: plain(limit, allowed) ?? null, class: failed.class }
  return reason('LIMIT', data)
}

/** What can be said in JSON. */
const plain = (limit: LimitName, value: unknown): unknown =>
  limit === 'peers' && Array.isArray(value) ? (value as readonly Net[]).map(formatNet) : value

/** A class with what a grant changes in it. */
interface Effective {
  readonly name: string
  readonly limits: Limits
  readonly at: Place
  readonly granted: ReadonlySet<LimitName>
}

/** Grants that have not expired stand instead of what the classes say; the root says what even they cannot change. */
function levelsFor(rules: Rules, { identity }: Asker, own: ClassRule, now: Moment): readonly Effective[] {
  const grants = rules.grants.filter(each => each.identity === identity && now < each.until)
  return pathOf(rules, own.name).map(({ name, parent, limits, at }) => {
    const given = parent === undefined ? [] : grants
    const granted = new Set(given.flatMap((grant: Grant) => Object.keys(grant.limits) as LimitName[]))
    return { name, at, granted, limits: Object.assign({}, limits, ...given.map(grant => grant.limits)) as Limits }
  })
}

function staticCheck(limit: LimitName, { name, limits, granted }: Effective, ask: Ask, now: Moment): Check | undefined {
  const found = limits[limit]
  const asked = limit === 'horizon' ? lengthOf(now, ask.start) : limit === 'hours' ? ask.start : ask[limit as keyof Ask]
  if (found === undefined || asked === undefined) return undefined
  const met = isMet(limits, limit, asked, ask)
  return { limit, asked, allowed: found.value, class: name, at: found.at, byGrant: granted.has(limit), met }
}

function isMet(limits: Limits, limit: LimitName, asked: unknown, ask: Ask): boolean {
  if (limit === 'hours') return limits.hours === undefined || within(limits.hours.value, ask.start, ask.duration)
  if (limit === 'peers')
    return (asked as readonly Net[]).every(peer => limits.peers?.value.some(net => covers(net, peer)))
  const allowed = limits[limit]?.value
  if (typeof allowed === 'number') return (asked as number) <= allowed
  return (allowed as readonly string[]).includes(asked as string)
}

/** What a class does not mention is as the class above has it; what none mentions is not allowed. */
function leaveCheck(limit: LimitName, levels: readonly Effective[], ask: Ask): readonly Check[] {
  if (ask[limit as keyof Ask] !== true) return []
  const level = levels.find(({ limits }) => limits[limit] !== undefined) ?? levels.at(-1)
  if (level === undefined) return []
  const found = level.limits[limit]
  const met = found?.value === true
  return [
    {
      limit,
      asked: true,
      allowed: found?.value,
      class: level.name,
      at: found?.at ?? level.at,
      byGrant: level.granted.has(limit),
      met,
    },
  ]
}

function placed(
  { quota, class: name, used, asked, allowed, met }: QuotaCheck,
  levels: readonly Effective[],
): readonly Check[] {
  const level = levels.find(each => each.name === name)
  const found = level?.limits[quota]
  if (level === undefined || found === undefined) return []
  return [{ limit: quota, asked, used, allowed, class: name, at: found.at, byGrant: level.granted.has(quota), met }]
}
