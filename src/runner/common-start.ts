import { LockstepError } from '../errors/error.ts'
import { type UtcInstant, utc } from '../units/quantity.ts'
import { askSessionClock } from './ask-clock.ts'
import { whenAt } from './clock-sample.ts'
import type { HostSession } from './host-session.ts'
import { allOf } from './patience.ts'
import type { CommonStart } from './process-flows.ts'
import type { StartedPair } from './start.ts'

const second = 1_000_000_000n

/** How long before the common start its senders are told; the more there are, the longer that takes. */
export const startLeadMs = (flows: number): number => Math.min(3_000, 800 + 25 * flows)

/** How far each sending host's system clock is from ours, ns; hosts in step have one time, told by the first of them. */
export async function askSystemClocks(
  hosts: readonly HostSession[],
  areInStep: boolean,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, bigint>> {
  const asked = areInStep ? hosts.slice(0, 1) : hosts
  const offsets = await allOf(asked.map(host => offsetOf(host, signal)))
  return new Map(hosts.map(({ name }, i) => [name, offsets[areInStep ? 0 : i] ?? 0n]))
}

async function offsetOf(host: HostSession, signal: AbortSignal): Promise<bigint> {
  const estimate = await askSessionClock(host, signal)
  if (estimate !== undefined) return estimate.offset
  throw new LockstepError('HOST_PROGRAM', `${host.name} does not say the time to the nanosecond`, {
    hint: 'a common start needs a date(1) that knows +%N, as that of GNU coreutils does',
  })
}

/**
 * The common start of processes. Beside frames of isochron it is the first scheduled time of theirs, which is TAI: the whole
 * seconds between that and UTC are what both clocks say.
 */
export function commonStart(
  offsets: ReadonlyMap<string, bigint>,
  started: readonly StartedPair[],
  flows: number,
): CommonStart {
  const [first] = started.toSorted((a, b) => (a.oper < b.oper ? -1 : a.oper > b.oper ? 1 : 0))
  const atMs = first === undefined ? performance.now() + startLeadMs(flows) : whenAt(first.clock, first.oper)
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
