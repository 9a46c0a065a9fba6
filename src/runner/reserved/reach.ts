import { type Endpoint, reachEndpoint } from '../../client/endpoint.ts'
import { LockstepError } from '../../errors/error.ts'
import type { PlayHost } from '../../playbook/play.ts'
import type { Transport } from '../../transport/transport.ts'
import type { Emit } from '../events.ts'
import { allOf } from '../patience.ts'

export interface ReachOptions {
  readonly transport: Transport
  readonly signal: AbortSignal
  readonly emit: Emit
}

/** Everything that has an endpoint is asked at once; those that were reached go to `reached`, also when another was not. */
export async function reachHosts(
  hosts: readonly PlayHost[],
  { transport, signal, emit }: ReachOptions,
  reached: Map<string, Endpoint>,
): Promise<void> {
  const targets = hosts.map(targetOf)
  transport.foresee?.(targets)
  await allOf(
    targets.map(async target => {
      const startedAt = performance.now()
      reached.set(target.name, await reachEndpoint(target, transport, signal))
      emit({ kind: 'host_connected', host: target.name, tookMs: Math.round(performance.now() - startedAt) })
    }),
  )
  refuseTwins(reached)
}

/** The broker's login where the inventory names one; else the host's own is meant to be it. */
export const targetOf = ({ name, connection, broker, clockError }: PlayHost) => {
  const { become: _, ...login } = connection
  return { ...login, name, ...broker, ...(clockError === undefined ? {} : { clockError }) }
}

/** Members know each other by these names. */
function refuseTwins(reached: ReadonlyMap<string, Endpoint>): void {
  const hosts = new Map<string, string>()
  for (const [host, { session }] of reached) {
    const { endpoint } = session.welcome
    const twin = hosts.get(endpoint)
    if (twin !== undefined)
      throw new LockstepError('HOST_BROKER', `${twin} and ${host} both call themselves ${endpoint}`, {
        hint: 'give each lockstepd a name of its own: --endpoint',
      })
    hosts.set(endpoint, host)
  }
}
