import { LockstepError } from '../../errors/error.ts'
import type { HostFacts } from '../../facts/host-facts.ts'
import type { PlayHost } from '../../playbook/play.ts'
import { type AskedHost, claimantOf, dryRun } from '../../transport/dry-run.ts'
import { Slots } from '../../transport/slots.ts'
import type { Transport } from '../../transport/transport.ts'
import { askedFacts, becomeAt, loginOf } from '../host-session.ts'
import { allOf, anySignal } from '../patience.ts'
import type { CommandOptions } from '../steps/doors.ts'
import type { CheckEvent } from './events.ts'

/** A host of a check: its one connection, and what it said. */
export interface CheckedHost {
  readonly name: string
  readonly door: AskedHost
  readonly facts: HostFacts
  /** Who has claimed it now. */
  readonly claimant: string | undefined
  /** The host as a step sees it that becomes somebody else, or does not say. */
  seenAs(become: CommandOptions['become']): AskedHost
}

export interface OpenOptions {
  readonly transport: Transport
  readonly interrupted: AbortSignal
  /** Hosts that are connecting at a time. */
  readonly connectAtOnce: number
  /** Hosts on which steps become other users. */
  readonly raised: ReadonlySet<string>
  readonly emit: (event: CheckEvent) => void
  readonly fail: (error: LockstepError, host: string) => void
}

/** Connects to every host and asks what it is. Those that cannot be used are told, each, and missing in `opened`. */
export async function openHosts(
  hosts: readonly PlayHost[],
  options: OpenOptions,
  opened: Map<string, CheckedHost>,
): Promise<void> {
  options.transport.foresee?.(hosts.map(host => loginOf(host, options.raised).target))
  const slots = new Slots(options.connectAtOnce)
  await allOf(
    hosts.map(async host => {
      const release = await slots.take(options.interrupted)
      try {
        const startedAt = performance.now()
        opened.set(host.name, await openHost(host, options))
        options.emit({ kind: 'host_connected', host: host.name, tookMs: Math.round(performance.now() - startedAt) })
      } catch (error) {
        if (options.interrupted.aborted || !(error instanceof LockstepError)) throw error
        options.fail(error, host.name)
      } finally {
        release()
      }
    }),
  )
}

async function openHost(host: PlayHost, { transport, raised, interrupted: signal }: OpenOptions): Promise<CheckedHost> {
  const { target, usual } = loginOf(host, raised)
  const door = await dryRun(transport).connect(target, { signal })
  const giveUp = new AbortController()
  const either = anySignal(signal, giveUp.signal)
  try {
    const [claimant, facts] = await Promise.all([
      claimantOf(door, either),
      askedFacts(host, undefined, argv => door.ask(argv, { signal: either, maxBytes: 16 << 20 })),
    ])
    return { name: host.name, door, facts, claimant, seenAs: (become = usual) => viewOf(host, door, become) }
  } catch (error) {
    // The other question has no answer either once the door is closed.
    giveUp.abort(error)
    await door.close()
    throw error
  }
}

const viewOf = (host: PlayHost, door: AskedHost, become: CommandOptions['become']): AskedHost =>
  become === undefined ? door : door.as(becomeAt(host, become))
