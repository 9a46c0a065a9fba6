import type { Fact } from './fact.ts'

/** TCP ports that some process of the host's network namespace listens on, over IPv4 or IPv6. */
export const listeners: Fact<ReadonlySet<number>> = {
  name: 'listeners',
  ask: 'cat /proc/net/tcp /proc/net/tcp6',
  read: output => {
    // proc(5): `sl local_address rem_address st …`; state 0A is LISTEN, the port is hex behind the last colon.
    const ports = [...output.matchAll(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A /gm)]
    return new Set(ports.map(match => Number.parseInt(match[1] ?? '', 16)))
  },
}
