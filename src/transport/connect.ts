import { localTransport } from './local.ts'
import { type SshTransportOptions, sshTransport } from './ssh.ts'
import type { Target, Transport } from './transport.ts'

/** The transport that each target's `kind` asks for: ssh, or this machine itself. */
export function connectTo(options: SshTransportOptions): Transport {
  const doors = { ssh: sshTransport(options), local: localTransport(options) }
  const viaSsh = (target: Target) => target.kind === 'ssh'
  return {
    foresee: targets => doors.ssh.foresee?.(targets.filter(viaSsh)),
    connect: (target, more) => doors[target.kind].connect(target, more),
  }
}
