import type { HostConnection, Target, Transport } from '../transport/transport.ts'
import { type BrokerSession, openBrokerSession } from './broker-session.ts'
import { type SeenClock, seeClock } from './seen-clock.ts'

/** A shared host whose lockstepd can be asked, until `close`. */
export interface Endpoint {
  readonly session: BrokerSession
  readonly seen: SeenClock
  close(): Promise<void>
}

/** A login to a shared host: nothing of it is for another user, and nothing but the broker is asked of it. */
export type EndpointTarget = Omit<Target, 'become'>

/** Connects, says hello, and looks at the clock. */
export async function reachEndpoint(
  target: EndpointTarget,
  transport: Transport,
  signal: AbortSignal,
): Promise<Endpoint> {
  const connection = await transport.connect(target, { signal })
  let session: BrokerSession | undefined
  try {
    session = await openBrokerSession(connection, signal)
    return endpointOver(connection, session, await seeClock(session))
  } catch (error) {
    session?.close()
    await connection.close()
    throw error
  }
}

const endpointOver = (connection: HostConnection, session: BrokerSession, seen: SeenClock): Endpoint => ({
  session,
  seen,
  close: async () => {
    session.close()
    await connection.close()
  },
})

/** All of them, or none: when one cannot be reached the others are left, and all that is wrong is said. */
export async function reachEndpoints(
  targets: readonly EndpointTarget[],
  transport: Transport,
  signal: AbortSignal,
): Promise<readonly Endpoint[]> {
  transport.foresee?.(targets)
  const reached = await Promise.allSettled(targets.map(target => reachEndpoint(target, transport, signal)))
  const failed = reached.flatMap(each => (each.status === 'rejected' ? [each.reason] : []))
  const endpoints = reached.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
  if (failed.length === 0) return endpoints
  await Promise.all(endpoints.map(endpoint => endpoint.close()))
  throw failed[0]
}
