import { LockstepError } from '../errors/error.ts'
import type { PlayHost } from '../playbook/play.ts'
import { Slots } from '../transport/slots.ts'
import type { HostConnection, Transport } from '../transport/transport.ts'

export interface EveryHostOptions {
  readonly transport: Transport
  /** Hosts at a time; each has one connection. */
  readonly forks: number
  readonly signal: AbortSignal
}

/** What became of one host: what was got from it, or why nothing was. */
export type HostOutcome<T> =
  | { readonly host: string; readonly connectMs: number; readonly got: T }
  | { readonly host: string; readonly error: LockstepError }

/**
 * Connects to hosts, does one thing at each, and hangs up: no claim, no run. `told` hears of each host as soon as it is
 * done; the outcomes come in the order of the hosts. An error that is not ours is a bug and is thrown.
 */
export async function atEveryHost<T>(
  hosts: readonly PlayHost[],
  { transport, forks, signal }: EveryHostOptions,
  act: (host: PlayHost) => (connection: HostConnection) => Promise<T>,
  told: (outcome: HostOutcome<T>) => void,
): Promise<readonly HostOutcome<T>[]> {
  const slots = new Slots(forks)
  return Promise.all(
    hosts.map(async host => {
      const outcome = await atHost(host)
      told(outcome)
      return outcome
    }),
  )

  async function atHost(host: PlayHost): Promise<HostOutcome<T>> {
    const { name, connection: how } = host
    let release: (() => void) | undefined
    try {
      release = await slots.take(signal)
      const startedAt = performance.now()
      const connection = await transport.connect({ ...how, name }, { signal })
      const connectMs = performance.now() - startedAt
      try {
        return { host: name, connectMs, got: await act(host)(connection) }
      } finally {
        await connection.close()
      }
    } catch (error) {
      if (signal.aborted) return { host: name, error: new LockstepError('USER_INTERRUPT', 'interrupted') }
      if (error instanceof LockstepError) return { host: name, error }
      throw error
    } finally {
      release?.()
    }
  }
}
