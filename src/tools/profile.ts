import { LockstepError, type Problem } from '../errors/error.ts'
import type { ToolOptions } from '../playbook/play.ts'
import type { SettledFlow } from '../playbook/tool-description.ts'
import { covers, parseNet } from '../units/net.ts'
import type { UtcInstant } from '../units/quantity.ts'
import {
  type Bounds,
  boundProblems,
  type End,
  type Given,
  isOptionOf,
  isPlainAddress,
  problem,
  readParameters,
  shown,
} from './profile-parameters.ts'
import type { FlowSite, ReceiverPlan, SenderPlan, TrafficTool } from './traffic-tool.ts'

/**
 * A test that an endpoint offers to strangers: a tool, some of its options as they always are, and those that an identity may
 * set. Nobody but the endpoint's own configuration says more of the command line.
 */
export interface Profile {
  readonly name: string
  readonly tool: TrafficTool
  readonly fixed: ToolOptions
  readonly open: Readonly<Record<string, Bounds>>
}

/** What an identity asks for: the parameters are what came over the wire. */
export interface ProfileTest {
  readonly sender: Given
  readonly receiver: Given
  /** Addresses of the ends, as each reaches the other: numbers, no names. */
  readonly from: string
  readonly to: string
  /** As many as the tool demands, in its order: given by the book. */
  readonly ports: readonly number[]
  readonly folder: string
  readonly startAt: UtcInstant | undefined
  /** The clocks of both ends are in step, as the endpoints know it. */
  readonly inStep: boolean
}

export interface PlannedTest {
  readonly sender: SenderPlan
  readonly receiver: ReceiverPlan | undefined
  /** All options of both ends with the defaults filled in: what limits are applied to. */
  readonly options: { readonly sender: ToolOptions; readonly receiver: ToolOptions }
}

/** What is wrong with a profile as it is configured. */
export function profileFaults({ tool, fixed, open }: Profile): readonly string[] {
  const unknown = [...Object.keys(fixed), ...Object.keys(open)].filter(option => !Object.hasOwn(tool.options, option))
  const both = Object.keys(open).filter(option => Object.hasOwn(fixed, option))
  // A text may be anything, the path of a file too.
  const texts = Object.keys(open).filter(option => tool.options[option]?.kind === 'text')
  return [
    ...unknown.map(option => `${tool.name} has no option '${option}'`),
    ...both.map(option => `${option} is fixed, so it cannot be open`),
    ...texts.map(option => `${option} takes any text, so it cannot be open`),
  ]
}

/** The command lines of a test, or everything that is wrong with what was asked. */
export const planTest = (profile: Profile, test: ProfileTest): PlannedTest | readonly Problem[] =>
  planOn(profile, test, () => test.ports)

/** The same where it is known which ports there are, not how many the test needs: so many of the first of them. */
export const planWithPorts = (
  profile: Profile,
  test: Omit<ProfileTest, 'ports'>,
  ports: readonly number[],
): PlannedTest | readonly Problem[] => planOn(profile, test, needed => ports.slice(0, needed))

function planOn(
  profile: Profile,
  test: Omit<ProfileTest, 'ports'>,
  portsFor: (needed: number) => readonly number[],
): PlannedTest | readonly Problem[] {
  const sender = readParameters(profile, 'sender', test.sender)
  const receiver = readParameters(profile, 'receiver', test.receiver)
  const problems = [...sender.problems, ...receiver.problems, ...addressProblems(test)]
  if (problems.length > 0) return problems
  const options = settled(profile, sender.options, receiver.options)
  const ports = portsFor(profile.tool.ports(options.sender).length)
  const faults = [
    ...options.faults.map(({ message, hint }) => problem(message, hint)),
    ...boundProblems(profile, 'sender', options.sender),
    ...boundProblems(profile, 'receiver', options.receiver),
    ...familyProblems(profile.tool, options.sender, test.to),
    ...portProblems(profile.tool, options.sender, ports),
  ]
  // No multicast group is joined, so no device is named.
  return faults.length > 0 ? faults : plan(profile.tool, { ...test, ...options, ports, device: '' })
}

function settled({ name, tool, fixed }: Profile, sender: ToolOptions, receiver: ToolOptions): SettledFlow {
  const at = (end: End) =>
    Object.fromEntries(Object.entries(fixed).filter(([option]) => isOptionOf(tool, option, end))) as ToolOptions
  const flow = { name, from: 'sender', to: 'receiver', gate: undefined }
  const [result] = tool.settle([
    { ...flow, sender: { ...sender, ...at('sender') }, receiver: { ...receiver, ...at('receiver') } },
  ])
  if (result === undefined) throw new TypeError(`${tool.name} settles no flow`)
  return result
}

function plan(tool: TrafficTool, site: FlowSite): PlannedTest {
  const planned = { sender: tool.sender(site), receiver: tool.receiver(site) }
  for (const word of [...planned.sender.argv, ...(planned.receiver?.argv ?? [])]) checkWord(word)
  return { ...planned, options: { sender: site.sender, receiver: site.receiver } }
}

/** Every value was read as what it is; a word that could be two, or hides something, is a fault of ours. */
function checkWord(word: string): void {
  if (!/^[!-~]+$/.test(word)) throw new LockstepError('BOOK_PROFILE', `'${word}' is no word of a command line`)
}

/** Numbers only: a name would be looked up by the endpoint, at the moment of the test. A test has one peer, and no more. */
const addressProblems = ({ from, to }: Pick<ProfileTest, 'from' | 'to'>): Problem[] =>
  [from, to].flatMap(address => {
    if (!isPlainAddress(address)) return [problem(`${shown(address)} is no IPv4 or IPv6 address`)]
    return isOneHost(address) ? [] : [problem(`${address} is no IPv4 or IPv6 address of one host`)]
  })

/** Unspecified, multicast, broadcast and reserved: RFC 6890, RFC 4291. */
const nobodys = ['0.0.0.0/8', '224.0.0.0/3', '::/128', 'ff00::/8'].map(parseNet)

function isOneHost(address: string): boolean {
  const host = parseNet(address.replace(/%.*$/, ''))
  return host !== undefined && !nobodys.some(net => net !== undefined && covers(net, host))
}

const familyProblems = (tool: TrafficTool, sender: ToolOptions, to: string): Problem[] =>
  tool.asksForV6(sender) && !to.includes(':') ? [problem(`${to} is an IPv4 address, but IPv6 is asked for`)] : []

function portProblems(tool: TrafficTool, sender: ToolOptions, ports: readonly number[]): Problem[] {
  const demands = tool.ports(sender)
  if (ports.length !== demands.length)
    return [problem(`${tool.name} needs ${demands.length} ports, got ${ports.length}`)]
  const isUsable = (port: number, count: number) => Number.isInteger(port) && port >= 1 && port + count - 1 <= 65_535
  return ports.flatMap((port, i) =>
    isUsable(port, demands[i]?.count ?? 1) ? [] : [problem(`${port} is no port, or there are too few behind it`)],
  )
}
