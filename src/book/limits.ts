import type { Place } from '../errors/error.ts'
import type { Micros, Moment } from '../units/micros.ts'
import type { Net } from '../units/net.ts'
import type { Claim, Resources } from './claims.ts'
import type { Hours } from './hours.ts'
import type { Around } from './window.ts'

/** The rules of one endpoint, as its limits file says them; every part knows its place there. */
export interface Rules {
  readonly resources: Resources
  readonly kinds: Readonly<Record<string, KindRule>>
  readonly identities: Readonly<Record<string, IdentityRule>>
  /** Every class has a parent but the root, which is the one without; parents are never in a circle. */
  readonly classes: Readonly<Record<string, ClassRule>>
  /** The first that fits decides. */
  readonly assign: readonly Assignment[]
  readonly grants: readonly Grant[]
}

export interface KindRule extends Around {
  readonly profiles: readonly string[]
  /** `{interface}` stands for the interface of the test. */
  readonly claims: readonly {
    readonly resource: string
    readonly mode: 'exclusive' | 'shared' | 'ports'
    readonly amount: number
  }[]
}

export interface IdentityRule {
  readonly keys: readonly string[]
  readonly principals: readonly string[]
  readonly admin: boolean
}

export interface ClassRule {
  readonly name: string
  readonly parent: string | undefined
  /** May do nothing. */
  readonly deny: boolean
  readonly limits: Limits
  readonly at: Place
}

export interface Assignment {
  /** Undefined: whoever it is. */
  readonly identity: string | undefined
  readonly net: Net | undefined
  readonly class: string
  readonly at: Place
}

export interface Grant {
  readonly identity: string
  readonly until: Moment
  readonly limits: Limits
  readonly reason: string
  readonly at: Place
}

/** What a class, or a grant, says of each limit; of what it does not mention it says nothing. */
export type Limits = { readonly [N in LimitName]?: Limit<LimitValues[N]> }

export interface Limit<V> {
  readonly value: V
  readonly at: Place
}

export interface LimitValues {
  readonly kinds: readonly string[]
  readonly profiles: readonly string[]
  readonly roles: readonly string[]
  readonly protocols: readonly string[]
  readonly interfaces: readonly string[]
  readonly peers: readonly Net[]
  readonly duration: Micros
  /** In bit/s. */
  readonly bandwidth: number
  readonly rate_pps: number
  readonly streams: number
  /** In octets. */
  readonly packet_size: number
  readonly horizon: Micros
  readonly clock_error: Micros
  readonly hours: Hours
  readonly unsynced: boolean
  readonly single_ended: boolean
  readonly block: boolean
  readonly on_disconnect_continue: boolean
  readonly held: number
  readonly pending: number
  readonly active: number
  readonly runs: { readonly most: number; readonly period: Micros }
  readonly busy: { readonly most: Micros; readonly period: Micros }
  readonly cool_down: Micros
}

export type LimitName = keyof LimitValues

/** How a limit is met, and how a class may narrow what its parent has. */
export const limitKinds = {
  kinds: 'list',
  profiles: 'list',
  roles: 'list',
  protocols: 'list',
  interfaces: 'list',
  peers: 'nets',
  duration: 'most',
  bandwidth: 'most',
  rate_pps: 'most',
  streams: 'most',
  packet_size: 'most',
  horizon: 'most',
  clock_error: 'most',
  hours: 'hours',
  unsynced: 'leave',
  single_ended: 'leave',
  block: 'leave',
  on_disconnect_continue: 'leave',
  held: 'quota',
  pending: 'quota',
  active: 'quota',
  runs: 'quota',
  busy: 'quota',
  cool_down: 'quota',
} as const satisfies Record<LimitName, 'list' | 'nets' | 'most' | 'hours' | 'leave' | 'quota'>

export const limitNames = Object.keys(limitKinds) as readonly LimitName[]

/** What holds where there is no limits file: nobody may anything, but for whoever administers the host on the host itself. */
export const noRules: Rules = { resources: {}, kinds: {}, identities: {}, classes: {}, assign: [], grants: [] }

/** What a test of a kind takes, over one interface. */
export const claimsOf = ({ claims }: KindRule, name: string): readonly Claim[] =>
  claims.map(({ resource: written, mode, amount }) => {
    const resource = written.replaceAll('{interface}', name)
    if (mode === 'exclusive') return { resource, mode }
    return mode === 'ports' ? { resource, mode, count: amount } : { resource, mode, amount }
  })

/** From a class up to the root. */
export function pathOf({ classes }: Rules, name: string): readonly ClassRule[] {
  const own = classes[name]
  if (own === undefined) return []
  return own.parent === undefined ? [own] : [own, ...pathOf({ classes } as Rules, own.parent)]
}

/** A class and all below it. */
export const subtreeOf = (rules: Rules, name: string): readonly string[] =>
  Object.keys(rules.classes).filter(each => pathOf(rules, each).some(above => above.name === name))
