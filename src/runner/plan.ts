import type { Capture } from '../playbook/capture.ts'
import { gateDefaults } from '../playbook/gate.ts'
import type { Flow, Mesh, Play, PlayHost } from '../playbook/play.ts'
import { instantText, type Reserve } from '../playbook/reserve.ts'
import { stepInWords } from '../playbook/step-words.ts'
import { type IsochronTest, isochronTest, trafficLasts } from '../tools/isochron.ts'
import type { FlowSite, TrafficTool } from '../tools/traffic-tool.ts'
import { trafficToolOf } from '../tools/traffic-tools.ts'
import { quoteWord } from '../transport/quote.ts'
import { formatDuration } from '../units/duration.ts'
import { formatSize } from '../units/size.ts'
import { captureSpec } from './capture-command.ts'
import { mayChangeClocks } from './clock-undos.ts'
import type { Phase } from './events.ts'
import { flowReceiverSpec } from './flow-programs.ts'
import { isIsochron } from './flow-tools.ts'
import { daemonSpec, ports, receiverSpec } from './isochron-programs.ts'
import type { ProcessSpec } from './process-spec.ts'
import { readOnlySocket, syncPrograms } from './sync-programs.ts'

/** Stands for the run's own folder on a host, whose random name only the host knows. */
export const folderPlaceholder = '$RUN'

/** A process of the plan. Ports are those tried first; one that is taken on the host is passed over. */
export interface PlannedProcess {
  readonly phase: 'sync' | 'receivers'
  readonly host: string
  readonly spec: ProcessSpec
}

/** Every process that a run of the play would start, in order, without asking any host. */
export function planProcesses(play: Play): PlannedProcess[] {
  const { sync } = play
  const syncing = play.hosts.flatMap(host =>
    sync === undefined
      ? []
      : syncPrograms(sync, host, folderPlaceholder).map(spec => ({ phase: 'sync' as const, host: host.name, spec })),
  )
  const free = new Map(play.hosts.map(({ name }) => [name, ports([])]))
  const site = (name: string) => {
    const host = hostOf(play, name)
    return { host, folder: folderPlaceholder, port: free.get(name)?.take() ?? 0 }
  }
  const traffic = play.flows.flatMap(flow => {
    if (!isIsochron(flow)) return plannedReceiver(flow, play)
    return [
      { phase: 'receivers' as const, host: flow.to, spec: receiverSpec(flow, sync, site(flow.to)) },
      { phase: 'receivers' as const, host: flow.from, spec: daemonSpec(flow, site(flow.from)) },
    ]
  })
  const capturing = play.captures.map(capture => ({
    phase: 'receivers' as const,
    host: capture.host,
    spec: captureSpec(capture, { folder: folderPlaceholder, number: 1, timestamps: undefined }),
  }))
  return [...syncing, ...traffic, ...capturing]
}

/** One that serves several flows is started with the first of them. */
function plannedReceiver(flow: Flow, play: Play): PlannedProcess[] {
  const first = play.flows.find(({ receiverName }) => receiverName === flow.receiverName)
  const tool = first === flow ? trafficToolOf(flow) : undefined
  const spec = tool && flowReceiverSpec(flow, tool, plannedSite(flow, tool, play))
  return spec === undefined ? [] : [{ phase: 'receivers', host: flow.to, spec }]
}

/** Addresses are known on the hosts only, unless the flow names one. */
export const plannedSite = (flow: Flow, tool: TrafficTool, play: Play): FlowSite => ({
  sender: flow.sender,
  receiver: flow.receiver,
  to: flow.over ?? `ADDRESS-OF-${flow.to}`,
  from: `ADDRESS-OF-${flow.from}`,
  device: hostOf(play, flow.to).interface,
  ports: tool.ports(flow.sender).map(({ first }) => first),
  folder: folderPlaceholder,
  startAt: undefined,
  inStep: play.sync !== undefined,
})

function hostOf({ hosts }: Play, name: string): PlayHost {
  const host = hosts.find(each => each.name === name)
  if (host === undefined) throw new TypeError(`a checked play has a flow at ${name}, which is no host of it`)
  return host
}

/** The plan for people: phases in their order, every command line, what is judged. */
export function planInWords(play: Play): string {
  const blocks = planSections(play).map(([phase, lines]) => `${phase}\n${lines.map(line => `  ${line}\n`).join('')}`)
  return `${play.name}\n\n${blocks.join('\n')}`
}

/** What each phase does that has something to do, in lines. */
export function planSections(play: Play): (readonly [Phase, readonly string[]])[] {
  const { reserve } = play
  if (reserve?.what === 'flows') return reservedSections(play, reserve)
  const processes = planProcesses(play)
  const sections: [Phase, string[]][] = [
    ['reserve', reserve === undefined ? [] : [timeLine(play, reserve)]],
    ['connect', play.hosts.map(hostLine)],
    ['setup', play.setup.map(stepInWords)],
    ['sync', [...commandLines(processes, 'sync'), ...newerLinuxptp(play)]],
    [
      'receivers',
      [...play.flows.flatMap(({ before }) => before.map(stepInWords)), ...commandLines(processes, 'receivers')],
    ],
    ['gate', play.flows.length === 0 ? [] : gateLines(play)],
    ['traffic', trafficLines(play)],
    ['collect', [...play.flows.map(collectLine), ...play.captures.map(captureLine)]],
    ['judge', [...play.valid.map(({ text }) => `valid: ${text}`), ...play.expect.map(({ text }) => text)]],
    ['after', [...play.flows.flatMap(({ after }) => after), ...play.after].map(stepInWords)],
    ['report', play.report.map(String)],
    [
      'cleanup',
      [mayChangeClocks(play) ? `${cleanup}, hardware timestamping mode and TAI offset are put back` : cleanup],
    ],
  ]
  return sections.filter(([, lines]) => lines.length > 0)
}

/** What the endpoints do of it, they do by themselves. */
function reservedSections(play: Play, { earliest, latest }: Reserve): (readonly [Phase, readonly string[]])[] {
  const sections: [Phase, string[]][] = [
    [
      'reserve',
      [`each flow at the first time that its hosts are free, from ${instantText(earliest)} to ${instantText(latest)}`],
    ],
    ['traffic', [...roundLines(play.mesh), ...play.flows.map(flow => flowLine(flow, play))]],
    ['collect', play.flows.map(collectLine)],
    ['judge', [...play.valid.map(({ text }) => `valid: ${text}`), ...play.expect.map(({ text }) => text)]],
    ['report', play.report.map(String)],
  ]
  return sections.filter(([, lines]) => lines.length > 0)
}

function timeLine({ hosts }: Play, { earliest, latest, duration, claims }: Reserve): string {
  const shared = hosts.filter(({ broker }) => broker !== undefined).map(({ name }) => name)
  const what = claims === undefined ? 'the interfaces' : claims.join(' and ')
  const long = duration === undefined ? 'what the run may take at most' : formatDuration(duration)
  return `${what} of ${shared.join(', ') || 'no host: none has the variable lockstep_user'}, for ${long}, begun from ${instantText(earliest)} to ${instantText(latest)}`
}

const cleanup = 'everything that was started is ended, and files are put back unless a step keeps them'

const collectLine = (flow: Flow) =>
  isIsochron(flow)
    ? `flows/${flow.name}.dat: the packet logs of both ends of ${flow.name}`
    : `flows/${flow.name}.*: what ${flow.tool} prints at the ends of ${flow.name}`

const captureLine = ({ host, interface: device, size }: Capture) =>
  `captures/${host}.pcap: packets at ${device} of ${host}, at most ${formatSize(size)}`

function trafficLines(play: Play): string[] {
  const { attempts, flows, mesh } = play
  if (flows.length === 0) return []
  const each = mesh === undefined ? 'all senders' : 'of each round, all its senders'
  const head = `at most ${attempts} attempts, ${each} from one common start`
  return [head, ...roundLines(mesh), ...flows.map(flow => flowLine(flow, play))]
}

function roundLines(mesh: Mesh | undefined): string[] {
  if (mesh === undefined) return []
  const { rounds, host, resources, lowerBound } = mesh
  const least = rounds.length === lowerBound ? 'no schedule has fewer' : `none has fewer than ${lowerBound}`
  const words = rounds.map((names, index) => `round ${index + 1}: ${names.join(', ')}`)
  const limits = [
    `a host in at most ${host} flows of each`,
    ...[...resources].map(([name, { limit }]) => `${name} in ${limit}`),
  ]
  return [`${rounds.length} rounds, ${limits.join(', ')}; ${least}`, ...words]
}

const commandLines = (processes: readonly PlannedProcess[], phase: PlannedProcess['phase']): string[] =>
  processes
    .filter(planned => planned.phase === phase)
    .map(({ host, spec }) => `${host}: ${(spec.shown ?? spec.argv).map(readable).join(' ')}`)

/** Quotes only what a shell would take apart; the dollar of the placeholder stays bare. */
export const readable = (word: string): string => (/^[\w@%+=:,./$-]+$/.test(word) ? word : quoteWord(word))

function hostLine({ name, inventoryName, connection, interface: device }: PlayHost): string {
  const user = connection.user === undefined ? '' : `${connection.user}@`
  const port = connection.port === undefined ? '' : `:${connection.port}`
  const alias = inventoryName === name ? '' : ` (inventory host ${inventoryName})`
  return connection.kind === 'local'
    ? `${name}: this machine, ${device}`
    : `${name}: ssh ${user}${connection.address}${port}${alias}, ${device}`
}

function gateLines({ sync, withoutSync, flows }: Play): string[] {
  if (withoutSync && !flows.some(isIsochron)) return ['none: nobody looks at the clocks']
  if (sync === undefined) return ['every link is up; clocks as each flow’s sync-threshold asks']
  const { gate } = sync
  const { offset, good, every, hold, timeout, bad } = gate
  const held = hold === 0n ? '' : `, held for ${formatDuration(hold)}`
  const own = [...gate.offsets].map(([host, limit]) => `${host} within ${formatDuration(limit)}`)
  return [
    `every clock within ${[formatDuration(offset), ...own].join(', ')}, ${good} rounds in a row ${formatDuration(every)} apart${held}; given up after ${formatDuration(timeout)}`,
    ...(isUsual(gate.require) ? [] : [`required: ${gate.require.join(', ')}`]),
    ...(bad === gateDefaults.bad
      ? []
      : [`${bad} bad ${bad === 1 ? 'answer' : 'answers in a row'} while traffic flows void an attempt`]),
  ]
}

const isUsual = (required: readonly string[]) =>
  required.length === gateDefaults.require.length && gateDefaults.require.every(each => required.includes(each))

/** The one thing that depends on a version only the host knows. */
const newerLinuxptp = ({ sync }: Play): string[] =>
  sync?.ptp4l === undefined
    ? []
    : [`a ptp4l of linuxptp 4 or later also gets ${readOnlySocket(folderPlaceholder).join(' ')}`]

function flowLine(flow: Flow, play: Play): string {
  const tool = trafficToolOf(flow)
  if (tool !== undefined) {
    const others = flow.otherwise.length === 0 ? '' : `, or ${flow.otherwise.map(each => each.tool).join(', ')}`
    const owner = play.flows.find(({ senderName }) => senderName === flow.senderName)
    if (owner !== undefined && owner !== flow)
      return `${flow.name}: ${flow.from} to ${flow.to}, the sender of ${owner.name}`
    const argv = tool
      .sender(plannedSite(flow, tool, play))
      .argv.map(readable)
      .join(' ')
    return `${flow.name}: ${flow.from} to ${flow.to}, ${flow.tool}${others}: ${argv}`
  }
  const test = isochronTest(flow.sender)
  const lasts = formatDuration(trafficLasts(test))
  const more = optionsInWords(flow)
  return `${flow.name}: ${flow.from} to ${flow.to}, ${framesInWords(test)}, ${lasts} from first to last${more === '' ? '' : `; ${more}`}`
}

/** What the line says already. */
const said = new Set(['num-frames', 'frame-size', 'cycle-time', 'etype', 'base-time'])

/** The other options that the sender is told over its management port, as isochron's own command line would have them. */
function optionsInWords({ sender }: Flow): string {
  const others = Object.entries(sender).filter(([name, value]) => !said.has(name) && value !== false)
  return others.map(([name, value]) => (value === true ? `--${name}` : `--${name} ${value}`)).join(' ')
}

const framesInWords = ({ numFrames, frameSize, cycleTime, etype, baseTime }: IsochronTest): string =>
  `${numFrames === 0n ? 'without a count or a packet log, ' : `${numFrames} `}frames of ${frameSize} octets, one per ${formatDuration(cycleTime)}, etype 0x${etype.toString(16)}, base time ${baseTime} ns`
