import type { Claim } from '../book/claims.ts'
import type { Ask } from '../book/judge.ts'
import { claimsOf, type KindRule, type Rules } from '../book/limits.ts'
import { type Reason, reason } from '../book/reasons.ts'
import { type Margins, marginsOf } from '../book/window.ts'
import { type OfferedProfile, usualProfiles } from '../tools/usual-profiles.ts'
import { type Micros, type Moment, micros } from '../units/micros.ts'
import { type Net, parseNet } from '../units/net.ts'
import type { WireBlock, WirePeer, WireTest } from '../wire/book-shapes.ts'
import { isTest } from './details.ts'
import type { ClockError } from './endpoint-clock.ts'
import { planEnd } from './plan-end.ts'

/** What a client asks for in the terms of the book and the limits, with all that only the endpoint knows. */
export interface Wanted {
  readonly kind: string
  readonly block: boolean
  readonly claims: readonly Claim[]
  readonly margins: Margins
  /** How many ports the receiving end of the test needs. */
  readonly ports: number
  /** Without the start, which a question for free times does not have. */
  readonly ask: Omit<Ask, 'start'>
}

export interface Wished {
  readonly spec: WireTest | WireBlock
  readonly duration: Micros
  readonly peers: readonly WirePeer[]
}

/** What the endpoint is, when it is asked. */
export interface Site {
  readonly rules: Rules
  readonly clock: ClockError
  /** Addresses of the host by interface. */
  addressesOf(device: string): readonly string[]
}

export const isReason = (found: Wanted | Reason): found is Reason => 'code' in found

export function wanted(wished: Wished, site: Site): Wanted | Reason {
  const { bound } = site.clock
  if (bound === undefined) return reason('CLOCK_UNSYNC', { source: site.clock.source })
  const errors = { own: bound, others: wished.peers.flatMap(({ clockError }) => clockError ?? []) }
  return isTest(wished.spec)
    ? wantedTest(wished, wished.spec, site, errors)
    : wantedBlock(wished, wished.spec, site, errors)
}

type Errors = Parameters<typeof marginsOf>[1]

/** Around a block there is nothing to set up, and nothing to end that the tests in it do not. */
const blockAround = { setup: micros(0), overrun: micros(0), teardown: micros(0) }

function wantedBlock({ duration }: Wished, { block: claims }: WireBlock, { clock }: Site, errors: Errors): Wanted {
  const margins = marginsOf(blockAround, errors)
  const ask = {
    duration,
    clock_error: margins.clockError,
    unsynced: clock.source === 'declared',
    ...noLeave,
    block: true,
  }
  return { kind: 'block', block: true, claims, margins, ports: 0, ask }
}

const noLeave = { single_ended: false, block: false, on_disconnect_continue: false }

function wantedTest(wished: Wished, spec: WireTest, site: Site, errors: Errors): Wanted | Reason {
  const kind = Object.hasOwn(site.rules.kinds, spec.kind) ? site.rules.kinds[spec.kind] : undefined
  if (kind === undefined) return reason('UNSUPPORTED', { kind: spec.kind, supported: Object.keys(site.rules.kinds) })
  const profile = kind.profiles.includes(spec.profile) ? offered(spec.profile) : undefined
  if (profile === undefined)
    return reason('UNSUPPORTED', { profile: spec.profile, supported: kind.profiles.filter(name => offered(name)) })
  const far = parseNet(spec.role === 'sender' ? spec.to : spec.from)
  if (far === undefined) return bad(spec.role === 'sender' ? 'spec.to' : 'spec.from', 'is no address')
  const own = spec.role === 'sender' ? spec.from : spec.to
  // Else the claims would be about another interface than the traffic.
  if (!site.addressesOf(spec.interface).includes(own)) return bad('spec.interface', `has not the address ${own} here`)
  return claimed(wished, spec, { kind, profile, far, site, errors })
}

interface Found {
  readonly kind: KindRule
  readonly profile: OfferedProfile
  readonly far: Net
  readonly site: Site
  readonly errors: Errors
}

function claimed(
  { duration, peers }: Wished,
  spec: WireTest,
  { kind, profile, far, site, errors }: Found,
): Wanted | Reason {
  const all = claimsOf(kind, spec.interface)
  const plan = planEnd(profile, spec, { ports: undefined, folder: '/', startAt: undefined })
  if ('code' in plan) return plan
  // The receiver picks the ports, as many as its tool needs; the sender is told them.
  const claims = all.flatMap((claim): readonly Claim[] => {
    if (claim.mode !== 'ports') return [claim]
    return spec.role === 'receiver' ? [{ ...claim, count: Math.max(claim.count, plan.ports) }] : []
  })
  if (spec.role === 'receiver' && plan.ports > 0 && !claims.some(({ mode }) => mode === 'ports'))
    return reason('UNSUPPORTED', {
      kind: spec.kind,
      why: `it claims no ports, and ${profile.name} needs ${plan.ports}`,
    })
  if (plan.lasts !== undefined && plan.lasts > duration)
    return bad('duration', `is shorter than the test, which takes ${plan.lasts} us`)
  const margins = marginsOf(kind, errors)
  const { protocol, bandwidth, streams, packetSize, packetRate } = profile.traffic(plan.options)
  return {
    ...{ kind: spec.kind, block: false, claims, margins, ports: plan.ports },
    ask: {
      ...{
        kinds: spec.kind,
        profiles: spec.profile,
        roles: spec.role,
        protocols: protocol,
        interfaces: spec.interface,
      },
      ...{ peers: [far, ...peers.flatMap(netOf)], duration, bandwidth, clock_error: margins.clockError },
      ...(streams === undefined ? {} : { streams }),
      ...(packetSize === undefined ? {} : { packet_size: packetSize }),
      ...(packetRate === undefined ? {} : { rate_pps: packetRate }),
      ...noLeave,
      unsynced: site.clock.source === 'declared',
      single_ended: peers.length === 0 || peers.some(({ clockError }) => clockError === undefined),
    },
  }
}

/** One that is no address lies in no network. */
const netOf = ({ address }: WirePeer): readonly Net[] => (address === undefined ? [] : [parseNet(address) ?? nowhere])
const nowhere: Net = { bits: 128, address: 0n, prefix: 0 }

const offered = (name: string): OfferedProfile | undefined =>
  Object.hasOwn(usualProfiles, name) ? usualProfiles[name] : undefined

const bad = (field: string, why: string): Reason => reason('BAD_REQUEST', { field, why })

/** With the start, for the limits. */
export const askAt = ({ ask }: Wanted, start: Moment): Ask => ({ ...ask, start })
