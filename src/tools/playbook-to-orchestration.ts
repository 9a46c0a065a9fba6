import { type Problem, refuse } from '../errors/error.ts'
import { limitAt } from '../playbook/gate.ts'
import type { Flow, Play, PlayHost, ToolOption } from '../playbook/play.ts'
import { parseIp } from './ip-address.ts'
import { isochronTest } from './isochron.ts'
import { daemonCommand, receiverCommand } from './isochron-commands.ts'
import { type SendOption, type SendOptionName, sendOptionNames, sendOptions } from './isochron-send-options.ts'
import type { ConvertedFile } from './orchestration-to-playbook.ts'

/** The first port of a host; its daemons and receivers follow one another. */
const firstPort = 5000

/**
 * The flows of a play as sections of an orchestration file, with the command lines of daemons and receivers as comments.
 * Refuses what the file cannot say: other tools, rounds, hosts without a numeric address.
 */
export function orchestrationOf(play: Play): ConvertedFile {
  const hosts = new Map(play.hosts.map(host => [host.name, host]))
  refuse([...play.flows.flatMap(flow => flowProblems(flow, hosts)), ...playProblems(play)])
  const used = new Map<string, number>()
  const portAt = (host: PlayHost) => {
    const port = used.get(host.connection.address) ?? firstPort
    used.set(host.connection.address, port + 1)
    return port
  }
  const sections = play.flows.map(flow => {
    const [from, to] = [hosts.get(flow.from) as PlayHost, hosts.get(flow.to) as PlayHost] // the play has checked both
    return section(withThreshold(flow, play.sync), from, portAt(from), to, portAt(to))
  })
  return { text: sections.join('\n'), warnings: warningsOf(play) }
}

function flowProblems(flow: Flow, hosts: ReadonlyMap<string, PlayHost>): Problem[] {
  if (flow.tool !== 'isochron')
    return [
      { code: 'ORCHESTRATION_OPTION', message: `flow ${flow.name} is of ${flow.tool}, not isochron`, at: flow.at },
    ]
  if (flow.sender['num-frames'] === 0n) {
    const message = `flow ${flow.name} has frames without a count: isochron would orchestrate them for ever`
    return [{ code: 'ORCHESTRATION_OPTION', message, at: flow.at }]
  }
  return [flow.from, flow.to].flatMap(name => {
    const host = hosts.get(name)
    const address = host?.connection.address ?? name
    if (parseIp(address) !== undefined) return []
    const message = `${name} is reached as '${address}': an orchestration file needs a numeric address`
    return [{ code: 'ORCHESTRATION_VALUE' as const, message, at: host?.at ?? flow.at }]
  })
}

function playProblems({ flows, mesh }: Play): Problem[] {
  const at = flows[0]?.at
  if (flows.length === 0) return [{ code: 'ORCHESTRATION_SYNTAX', message: 'expected at least one flow, got none' }]
  if ((mesh?.rounds.length ?? 1) > 1)
    return [{ code: 'ORCHESTRATION_OPTION', message: 'flows in rounds: isochron starts all senders at once', at }]
  return []
}

/** isochron has one threshold for both ends: the tighter of their limits. */
function withThreshold(flow: Flow, sync: Play['sync']): Flow {
  const { sender, from, to } = flow
  if (sync === undefined || sender['omit-sync'] === true || sender['sync-threshold'] !== undefined) return flow
  const [one, other] = [limitAt(sync.gate, from), limitAt(sync.gate, to)]
  return { ...flow, sender: { ...sender, 'sync-threshold': one < other ? one : other } }
}

function section(flow: Flow, from: PlayHost, port: number, to: PlayHost, statsPort: number): string {
  const { sender, receiver, name } = flow
  const test = isochronTest(sender)
  const site = { interface: to.interface, unixDomainSocket: undefined }
  const onAny = (argv: readonly string[]) => argv.filter((word, i) => ![word, argv[i - 1]].includes('--stats-address'))
  const daemon = onAny(daemonCommand(test, name, { folder: '/run', port })).join(' ')
  const receiving = onAny(receiverCommand(test, site, receiver, { folder: '/run', port: statsPort })).join(' ')
  const options = sendOptionNames.flatMap(option => {
    if (option === 'interface') return [`--interface ${from.interface}`]
    if (option === 'client') return [`--client ${to.connection.address}`]
    if (option === 'stats-port') return statsPort === firstPort ? [] : [`--stats-port ${statsPort}`]
    if (option === 'output-file') return [`--output-file ${name}.dat`]
    return optionWords(option, sender)
  })
  return [
    `[${name}]`,
    `# on ${from.name}: ${daemon}`,
    `# on ${to.name}: ${receiving}`,
    `host = ${from.connection.address}`,
    `port = ${port}`,
    `exec = isochron send ${options.join(' \\\n\t')}`,
    '',
  ].join('\n')
}

function optionWords(name: SendOptionName, sender: Readonly<Record<string, ToolOption>>): string[] {
  const option: SendOption = sendOptions[name]
  const value = sender[name]
  if (value === undefined || value === false || value === option.default || name === 'l2') return []
  if (name === 'advance-time' && value === cycleLessWindow(sender)) return []
  if (value === true) return [`--${name}`]
  const hex = name === 'etype' || name === 'cpu-mask'
  const text = typeof value === 'bigint' && hex ? `0x${value.toString(16)}` : String(value)
  return [`--${name} ${/[\s#]/.test(text) ? `"${text}"` : text}`]
}

function cycleLessWindow(sender: Readonly<Record<string, ToolOption>>): bigint | undefined {
  const { 'cycle-time': cycle, 'window-size': window } = sender
  return typeof cycle === 'bigint' && typeof window === 'bigint' ? cycle - window : undefined
}

function warningsOf({ sync, captures, setup, after, expect, valid, flows }: Play): Problem[] {
  const lost = [
    ...(sync?.ptp4l === undefined && sync?.phc2sys === undefined ? [] : ['ptp4l and phc2sys: start them yourself']),
    ...(captures.length > 0 ? ['captures'] : []),
    ...([setup, after, ...flows.flatMap(flow => [flow.before, flow.after])].some(steps => steps.length > 0)
      ? ['steps']
      : []),
    ...([...expect, ...valid].length > 0 ? ['expectations: isochron judges nothing'] : []),
  ]
  return lost.map(what => ({ code: 'ORCHESTRATION_OPTION' as const, message: `left out: ${what}` }))
}
