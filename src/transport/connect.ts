import { localTransport } from './local.ts'
import { type SshTransportOptions, sshTransport } from './ssh.ts'
import type { Transport } from './transport.ts'

/** The transport that each target's `kind` asks for: ssh, or this machine itself. */
export function connectTo(options: SshTransportOptions): Transport {
  const doors = { ssh: sshTransport(options), local: localTransport(options) }
  return { connect: (target, more) => doors[target.kind].connect(target, more) }
}
