import { LockstepError } from '../errors/error.ts'
import { toMs, type UtcInstant, utc } from '../units/quantity.ts'
import { askSessionClock, type SessionClock } from './ask-clock.ts'
import { whenAt } from './clock-sample.ts'
import type { HostSession } from './host-session.ts'
import { allOf } from './patience.ts'
import type { CommonStart } from './process-flows.ts'
import type { StartedPair } from './start.ts'

const second = 1_000_000_000n

/** What a plan reckons with: launchers get ready, clocks are asked, all are told. */
export const usualLeadMs = (flows: number): number => Math.min(3_000, 400 + 25 * flows)

/** Launchers look for it every millisecond, and want two to hit the instant. */
const leastLeadMs = 10
/** Where several hosts begin together any of them may be busy, and each may be the last that is told. */
const togetherMs = 30
const perHostMs = 6
/** A program that waits for the start itself has to be loaded before. */
const ownStartMs = 200

/**
 * How long before the common start its senders are told it: four times what a question and its answer have just taken, with
 * something for each host that has to be told and for one that is busy.
 */
export function startLeadMs({ roundTripMs }: SystemClocks, hosts: number, waitsItself: boolean): number {
  const others = hosts > 1 ? togetherMs + perHostMs * (hosts - 1) : 0
  return Math.min(5_000, Math.ceil(leastLeadMs + others + 4 * roundTripMs + (waitsItself ? ownStartMs : 0)))
}

/** What is known of the system clocks of hosts that send. */
export interface SystemClocks {
  /** How far each is from ours, ns. */
  readonly offsets: ReadonlyMap<string, bigint>
  /** The longest that any answer took, ms. */
  readonly roundTripMs: number
}

/** Hosts in step have one time, told by the first of them. */
export async function askSystemClocks(
  hosts: readonly HostSession[],
  areInStep: boolean,
  signal: AbortSignal,
): Promise<SystemClocks> {
  const estimates = await allOf(hosts.map(host => estimateOf(host, signal)))
  return {
    offsets: new Map(hosts.map(({ name }, i) => [name, estimates[areInStep ? 0 : i]?.offset ?? 0n])),
    roundTripMs: Math.max(0, ...estimates.map(({ longest }) => toMs(longest))),
  }
}

async function estimateOf(host: HostSession, signal: AbortSignal): Promise<SessionClock> {
  const estimate = await askSessionClock(host, signal)
  if (estimate !== undefined) return estimate
  throw new LockstepError('HOST_PROGRAM', `${host.name} does not say the time to the nanosecond`, {
    hint: 'a common start needs a date(1) that knows +%N, as that of GNU coreutils does',
  })
}

/**
 * The common start of processes. Beside frames of isochron it is the first scheduled time of theirs, which is TAI: the whole
 * seconds between that and UTC are what both clocks say.
 */
export function commonStart({ offsets }: SystemClocks, started: readonly StartedPair[], leadMs: number): CommonStart {
  const [first] = started.toSorted((a, b) => (a.oper < b.oper ? -1 : a.oper > b.oper ? 1 : 0))
  const atMs = first === undefined ? performance.now() + leadMs : whenAt(first.clock, first.oper)
  const estimated = (host: string): UtcInstant =>
    utc(BigInt(Math.round((performance.timeOrigin + atMs) * 1e3)) * 1000n + (offsets.get(host) ?? 0n))
  if (first === undefined) return { atMs, at: estimated }
  return {
    atMs,
    at: host => {
      const ahead = first.oper - estimated(host)
      return utc(first.oper - ((ahead + second / 2n) / second) * second)
    },
  }
}
