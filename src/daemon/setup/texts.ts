import { LockstepError } from '../../errors/error.ts'

/** What `lockstepd setup` writes. */

export interface BrokerCommand {
  readonly account: string
  /** Absolute: node, the program, and its options. */
  readonly argv: readonly string[]
}

/** For sshd_config(5): the account gets the broker, whatever it asks for, and nothing else. */
export const sshdSnippet = ({ account, argv }: BrokerCommand): string => `${firstLine}
Match User ${account}
  ForceCommand ${argv.map(configWord).join(' ')}
  ExposeAuthInfo yes
  DisableForwarding yes
  PermitTTY no
  PermitUserRC no
${lastLine}
`

const firstLine = '# BEGIN lockstepd setup: lockstepd setup --undo takes this away'
const lastLine = '# END lockstepd setup'

/** The forced command is a line of the account's shell. */
function configWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  throw new LockstepError('USAGE_VALUE', `'${word}' cannot stand in a ForceCommand`, {
    hint: 'put lockstep, and the files that are named, where no blank or other sign of the shell is in the path',
  })
}

/** Debian's sshd reads such files of a folder; what stands there ends with the file. */
export const includesFolder = (config: string): boolean =>
  /^\s*Include\s+(?:\S+\s+)*"?\/etc\/ssh\/sshd_config\.d\/\*\.conf"?/m.test(config)

/** At the end, since `Match` reaches to it. */
export const withSnippet = (config: string, snippet: string): string =>
  `${withoutSnippet(config).replace(/\n*$/, '\n')}${snippet}`

export const withoutSnippet = (config: string): string => {
  const begin = config.indexOf(firstLine)
  const end = config.indexOf(lastLine, begin)
  if (begin < 0 || end < 0) return config
  return config.slice(0, begin) + config.slice(end + lastLine.length).replace(/^\n/, '')
}

/** Nobody may anything until somebody says otherwise. `interfaces`: those that the host has. */
export const limitsTemplate = (
  interfaces: readonly string[],
): string => `# Who may test on this host, and how much: see docs/reservations.md. Nobody may anything yet.
version: 1
resources:
${interfaces.map(name => `  "nic:${name}": {}\n`).join('')}  "ports:test": 5202-5900
kinds:
  throughput:
    profiles: [iperf3]  # and iperf or nuttcp, where they are installed
    claims: [{ resource: "nic:{interface}", mode: exclusive }, { resource: "ports:test", mode: ports }]
  latency:
    profiles: [ping, traceroute, tracepath]
    claims: [{ resource: "nic:{interface}", mode: shared }]
identities: {}
  # alice: { keys: ["SHA256:…"] }          the fingerprint, as ssh-keygen -lf KEY.pub prints it
classes:
  root: { limits: { duration: 1h, horizon: 24h, clock_error: 20ms, single_ended: true, block: true } }
  members: { parent: root, limits: { duration: 60s, pending: 5 } }
  closed: { deny: true, parent: root }
assign:
  # - { identity: alice, class: members }
  - { any: true, class: closed }
`
