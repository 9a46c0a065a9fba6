import type { Duplex } from 'node:stream'
import { limitAt } from '../playbook/gate.ts'
import type { Gate } from '../playbook/play.ts'
import type { SyncDemand } from '../sync/judge.ts'
import type { IsochronTest } from '../tools/isochron.ts'
import type { Nanoseconds } from '../units/quantity.ts'

/** A sender and its receiver, ready to be spoken to: how both are reached, and what they are to do. */
export interface Pair {
  readonly name: string
  readonly test: IsochronTest
  readonly sender: PairEnd
  readonly receiver: PairEnd
  /** Network interface on the sending host. */
  readonly interface: string
  /** ptp4l's socket on the sending host. */
  readonly unixDomainSocket: string
}

export interface PairEnd {
  readonly host: string
  /** A new connection to the end's management port. */
  connect(): Promise<Duplex>
}

/** isochron's `omit-sync` frees both ends of a pair from the gate, `omit-remote-sync` the receiving end. */
export const isMonitored = ({ test }: Pair, end: 'sender' | 'receiver'): boolean =>
  !test.omitSync && (end === 'sender' || !test.omitRemoteSync)

/** What the gate asks of every host: the tightest limit of the pairs that monitor it, or only its link; of `others` the usual. */
export function demandsOf(
  pairs: readonly Pair[],
  gate: Pick<Gate, 'offset' | 'offsets' | 'require'>,
  others: readonly string[] = [],
): SyncDemand[] {
  const limits = new Map<string, Nanoseconds | undefined>(others.map(host => [host, limitAt(gate, host)]))
  for (const pair of pairs) {
    for (const end of ['sender', 'receiver'] as const) {
      const { host } = pair[end]
      const known = limits.get(host)
      const limit = isMonitored(pair, end) ? (pair.test.syncThreshold ?? limitAt(gate, host)) : undefined
      limits.set(host, known !== undefined && (limit === undefined || known < limit) ? known : limit)
    }
  }
  return [...limits].map(([host, limit]) => ({ host, limit, requires: gate.require }))
}
