import type { HostConnection, Target, Transport } from '../transport/transport.ts'
import { openBrokerSession } from './broker-session.ts'
import { type LastingSession, lastingSession } from './lasting-session.ts'
import { type SeenClock, seeClock } from './seen-clock.ts'

/** A shared host whose lockstepd can be asked, until `close`. */
export interface Endpoint {
  readonly session: LastingSession
  readonly seen: SeenClock
  close(): Promise<void>
}

/** A login to a shared host: nothing of it is for another user, and nothing but the broker is asked of it. */
export type EndpointTarget = Omit<Target, 'become'> & { readonly clockError?: string }

const patienceMs = 15_000

/** Connects, says hello, and looks at the clock. */
export async function reachEndpoint(
  target: EndpointTarget,
  transport: Transport,
  signal: AbortSignal,
): Promise<Endpoint> {
  let connection = await transport.connect(target, { signal })
  const open = async () => {
    if (connection.lost.aborted) connection = await transport.connect(target, { signal })
    const program = target.kind === 'local' ? await transport.ownBroker?.(target.clockError, signal) : undefined
    return openBrokerSession(connection, signal, { program })
  }
  let session: LastingSession | undefined
  try {
    // Our own may have ended between our look and our asking: there is a new one then.
    const first = target.kind === 'local' ? await open().catch(open) : await open()
    session = lastingSession(first, { open, patienceMs })
    return endpointOver(() => connection, session, await seeClock(session))
  } catch (error) {
    session?.close()
    await connection.close()
    throw error
  }
}

const endpointOver = (connection: () => HostConnection, session: LastingSession, seen: SeenClock): Endpoint => ({
  session,
  seen,
  close: async () => {
    session.close()
    await connection().close()
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
