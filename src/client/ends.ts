import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import type { Flow, PlayHost } from '../playbook/play.ts'
import { parseNet } from '../units/net.ts'
import type { Endpoint } from './endpoint.ts'
import type { Ends } from './test-order.ts'

interface Pair<Host, Far> {
  readonly from: Host
  readonly to: Far
}

/** The hosts of a flow and what speaks for them. The controller takes the interface that leads to the other end, where none is named. */
export async function endsOf(
  { over }: Pick<Flow, 'over'>,
  { from, to }: Pair<PlayHost, PlayHost>,
  endpoints: Pair<Endpoint, Endpoint | undefined>,
): Promise<Ends> {
  const addressOf = ({ interface: device, connection }: PlayHost, endpoint: Endpoint | undefined) =>
    endpoint === undefined ? connection.address : (addressAt(endpoint, device) ?? connection.address)
  return {
    ...endpoints,
    fromInterface: await interfaceOf(from, over ?? addressOf(to, endpoints.to)),
    toInterface: await interfaceOf(to, addressOf(from, endpoints.from)),
    toAddress: to.connection.address,
  }
}

async function interfaceOf({ interface: named, connection }: PlayHost, other: string): Promise<string> {
  return named !== '' || connection.kind !== 'local' ? named : ((await deviceToward(other)) ?? '')
}

/** Where there are several nobody can tell from here which it will be. */
function addressAt(endpoint: Endpoint, device: string): string | undefined {
  const named = Object.entries(endpoint.session.welcome.interfaces).filter(([name]) => device === '' || name === device)
  return named.length === 1 ? named[0]?.[1].find(address => !/^fe80:/i.test(address)) : undefined
}

/** Out of the kernel's routes: connecting a socket of UDP sends nothing. */
async function deviceToward(address: string): Promise<string | undefined> {
  const net = parseNet(address)
  if (net === undefined) return undefined
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  try {
    socket.connect(9, address)
    await once(socket, 'connect')
    const own = socket.address().address
    return Object.entries(networkInterfaces()).find(([, all]) => all?.some(each => each.address === own))?.[0]
  } catch {
    return undefined // there is no way; who tests finds out
  } finally {
    socket.close()
  }
}
