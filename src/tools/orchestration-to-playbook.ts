import { type Problem, refuse } from '../errors/error.ts'
import { formatDuration } from '../units/duration.ts'
import { ns } from '../units/quantity.ts'
import { parseIp } from './ip-address.ts'
import { type SendOption, type SendOptionName, sendOptionNames, sendOptions } from './isochron-send-options.ts'
import type { OrchestrationFile, OrchestrationSection } from './orchestration-file.ts'

/** A playbook that tests what an orchestration file tests, and what to know about it. */
export interface ConvertedFile {
  readonly text: string
  readonly warnings: readonly Problem[]
}

/**
 * The sections as flows of a playbook. Refuses sections that no playbook can say (ORCHESTRATION_OPTION, ORCHESTRATION_CONFLICT);
 * what a playbook limits more strictly is left to whoever reads the text.
 */
export function playbookOf({ sections }: OrchestrationFile, name: string): ConvertedFile {
  const hosts = hostsOf(sections)
  const flows = flowsOf(sections, hosts)
  const gate = gateOf(sections)
  const shared = commonOf(flows.map(({ options }) => options))
  // Without a section of its options the tool has to be named.
  const tool = shared.size === 0 ? ['tool: isochron'] : []
  const [first] = hosts.values()
  const text = [
    `# From an orchestration file of isochron. Ports are chosen by the run, packet logs go into its folder: flows/NAME.dat.`,
    `name: ${JSON.stringify(name)}`,
    '',
    'hosts:                             # as the file names them; add the user of the login: root@ADDRESS',
    ...[...hosts.values()].map(host => `  ${host.name}: ${hostText(host, first)}`),
    '',
    'vars:',
    `  interface: ${scalar(first?.interface ?? 'eth0')}`,
    ...(gate === undefined
      ? []
      : ['', 'sync:', `  gate: {offset: ${formatDuration(ns(gate))}, good: 3, every: 100ms, timeout: 2m}`]),
    ...(shared.size === 0 ? [] : ['', 'isochron:', ...lines(shared)]),
    '',
    'flows:',
    ...flows.map(({ flow, from, to, options }) => {
      const own = [...options].filter(([option]) => !shared.has(option))
      return `  ${flow}: {${[`from: ${from}`, `to: ${to}`, ...tool, ...own.map(pair => pair.join(': '))].join(', ')}}`
    }),
    '',
    'report: summary',
  ]
  return { text: `${text.join('\n')}\n`, warnings: sections.flatMap(warningsOf) }
}

interface Host {
  readonly name: string
  readonly address: string
  /** Undefined for a host that only receives: the file does not say. */
  interface: string | undefined
}

/** By address: senders in the order of the file, then receivers; A, B, C, … */
function hostsOf(sections: readonly OrchestrationSection[]): ReadonlyMap<string, Host> {
  const hosts = new Map<string, Host>()
  const problems: Problem[] = []
  const add = (address: string, device: string | undefined, at: Problem['at']) => {
    const key = keyOf(address)
    const known = hosts.get(key)
    if (known === undefined) hosts.set(key, { name: hostName(hosts.size), address: bare(address), interface: device })
    else if (known.interface === undefined) known.interface = device
    else if (device !== undefined && device !== known.interface) {
      const message = `${address} sends on ${device} and on ${known.interface}: a playbook has one interface per host`
      problems.push({ code: 'ORCHESTRATION_CONFLICT', message, hint: 'convert the sections apart', at })
    }
  }
  for (const { host, options, at } of sections) add(host, options.interface, at)
  for (const { name, options, at } of sections) {
    if (options.client !== undefined) add(options.client, undefined, at)
    else problems.push({ code: 'ORCHESTRATION_OPTION', message: `section ${name} has no --client`, hint: noClient, at })
  }
  refuse(problems)
  return hosts
}

const noClient = 'a flow of a playbook has two ends: add --client with the address of the receiving host'
const keyOf = (address: string) => parseIp(address)?.key ?? address
/** Beyond link-local addresses a device behind `%` is nothing that ssh could use. */
const bare = (address: string) => (/^fe80:/i.test(address) ? address : (address.split('%')[0] as string))
const hostName = (index: number) => (index < 26 ? String.fromCharCode(65 + index) : `H${index + 1}`)

function hostText({ address, interface: device }: Host, first: Host | undefined): string {
  if (device === undefined) return `${scalar(address)}   # only receives: its interface is not in the file`
  if (device === first?.interface) return scalar(address)
  return `{address: ${scalar(address)}, vars: {interface: ${scalar(device)}}}`
}

interface ConvertedFlow {
  readonly flow: string
  readonly from: string
  readonly to: string
  /** Values in YAML. */
  readonly options: ReadonlyMap<string, string>
}

function flowsOf(sections: readonly OrchestrationSection[], hosts: ReadonlyMap<string, Host>): ConvertedFlow[] {
  const taken = new Set<string>()
  const gate = gateOf(sections)
  return sections.map(section => {
    const flow = freeName(section.name, taken)
    taken.add(flow)
    const nameOf = (address: string | undefined) => hosts.get(keyOf(address ?? ''))?.name ?? ''
    const options = optionsOf(section, gate)
    return { flow, from: nameOf(section.host), to: nameOf(section.options.client), options }
  })
}

/** Names in a playbook are letters, digits, `_`, `.` and `-`. */
function freeName(section: string, taken: ReadonlySet<string>): string {
  const plain = section.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[.-]+|-+$/g, '') || 'flow'
  for (let number = 2; ; number++) {
    const name = number === 2 && !taken.has(plain) ? plain : `${plain}-${number}`
    if (!taken.has(name)) return name
  }
}

/** The tightest threshold of the sections whose clocks are watched; undefined when none are. */
function gateOf(sections: readonly OrchestrationSection[]): bigint | undefined {
  const limits = sections.flatMap(({ options }) =>
    options['omit-sync'] ? [] : (options['sync-threshold'] ?? ([] as const)),
  )
  return limits.toSorted((a, b) => (a < b ? -1 : 1))[0]
}

/** Named by the playbook itself, or of no effect. */
const elsewhere: readonly SendOptionName[] = [
  ...(['help', 'interface', 'client', 'stats-port', 'output-file', 'tracemark'] as const),
  ...(['l2', 'l4', 'ip-destination', 'data-port'] as const),
]
/** Said even where they are the default: a playbook has none, or another. */
const always: readonly SendOptionName[] = ['num-frames', 'cycle-time', 'frame-size', 'etype']

function optionsOf({ options }: OrchestrationSection, gate: bigint | undefined): Map<string, string> {
  const texts = new Map<string, string>()
  const followsCycle = options['advance-time'] === options['cycle-time'] - options['window-size']
  for (const name of sendOptionNames) {
    const option: SendOption = sendOptions[name]
    const value = options[name as Exclude<SendOptionName, 'help'>]
    if (value === undefined || value === false || elsewhere.includes(name)) continue
    if (value === option.default && !always.includes(name)) continue
    if (name === 'advance-time' && followsCycle) continue
    if (name === 'sync-threshold' && (options['omit-sync'] || value === gate)) continue
    texts.set(name, optionText(name, option, value))
  }
  return texts
}

function optionText(name: SendOptionName, { kind }: SendOption, value: bigint | boolean | string): string {
  if (typeof value !== 'bigint') return typeof value === 'string' ? scalar(value) : String(value)
  if (name === 'etype' || name === 'cpu-mask') return `0x${value.toString(16)}`
  return kind === 'time' || kind === 'instant' || name === 'sync-threshold' ? formatDuration(ns(value)) : String(value)
}

/** What every flow says alike. */
function commonOf(all: readonly ReadonlyMap<string, string>[]): Map<string, string> {
  const [first = new Map<string, string>(), ...rest] = all
  return new Map([...first].filter(([name, text]) => rest.every(each => each.get(name) === text)))
}

const lines = (options: ReadonlyMap<string, string>) => [...options].map(([name, text]) => `  ${name}: ${text}`)

/** Words that YAML 1.1 and 1.2 both read as the text that they are; everything else is quoted. */
const scalar = (text: string) =>
  /^[A-Za-z/][\w./-]*$/.test(text) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(text) ? text : JSON.stringify(text)

function warningsOf({ name, host, options, at }: OrchestrationSection): Problem[] {
  const said: string[] = []
  const device = [host, options.client ?? ''].find(address => address.includes('%') && !/^fe80:/i.test(address))
  if (device !== undefined) said.push(`the device of ${device} is left out: ssh finds its own way`)
  const scheduled = options['sched-fifo'] || options['sched-rr']
  if (scheduled)
    said.push('real-time scheduling had no effect on a daemon; a run starts the daemon under chrt, so here it has')
  return said.map(message => ({ code: 'ORCHESTRATION_OPTION' as const, message: `section ${name}: ${message}`, at }))
}
