import type { BrokerSession } from '../client/broker-session.ts'
import { openBrokerSession } from '../client/broker-session.ts'
import type { PlayHost } from '../playbook/play.ts'
import type { HostOutcome } from '../runner/every-host.ts'
import { targetOf } from '../runner/reserved/reach.ts'
import { hostTransport } from './host-transport.ts'
import type { Io } from './io.ts'
import { atHosts, hostsFor, type PatternOptions } from './pattern-command.ts'

/** Does one thing at the lockstepd of every host that a pattern selects. Those that cannot be asked are said on stderr. */
export async function atEndpoints<T>(
  pattern: string,
  options: PatternOptions,
  io: Io,
  act: (session: BrokerSession) => Promise<T>,
): Promise<readonly HostOutcome<T>[]> {
  const hosts = await hostsFor(pattern, options, io)
  const { ownBroker } = hostTransport(io)
  return atHosts(hosts.map(asBroker), options, io, {
    act: host => async connection => {
      const isHere = host.connection.kind === 'local'
      const program = isHere ? await ownBroker?.(host.clockError, io.interrupted) : undefined
      const session = await openBrokerSession(connection, io.interrupted, { program })
      try {
        return await act(session)
      } finally {
        session.close()
      }
    },
  })
}

const asBroker = (host: PlayHost): PlayHost => ({ ...host, connection: targetOf(host) })
