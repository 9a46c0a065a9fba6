import type { Fact } from './fact.ts'

const tcp = ['/proc/net/tcp', '/proc/net/tcp6']
const all = [...tcp, '/proc/net/udp', '/proc/net/udp6']

/** The questions of a worker that have the answers of these facts, with lengths in between that nobody reads. */
export const listenersQuestion: readonly string[] = ['files', ...tcp]
export const portsInUseQuestion: readonly string[] = ['files', ...all]

/** TCP ports that some process of the host's network namespace listens on, over IPv4 or IPv6. */
export const listeners: Fact<ReadonlySet<number>> = {
  name: 'listeners',
  ask: `cat ${tcp.join(' ')}`,
  read: output => {
    // proc(5): `sl local_address rem_address st …`; state 0A is LISTEN, the port is hex behind the last colon.
    const ports = [...output.matchAll(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A /gm)]
    return new Set(ports.map(match => Number.parseInt(match[1] ?? '', 16)))
  },
}

/** TCP ports that somebody listens on and UDP ports that somebody has, over IPv4 or IPv6. */
export const portsInUse: Fact<ReadonlySet<number>> = {
  name: 'ports_in_use',
  ask: `cat ${all.join(' ')}`,
  read: output => {
    // State 07 is what the kernel calls an unconnected UDP socket (TCP_CLOSE), 01 a connected one; connected TCP is nobody's.
    const rows = [...output.matchAll(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} (0A|07) /gm)]
    return new Set(rows.map(match => Number.parseInt(match[1] ?? '', 16)))
  },
}
