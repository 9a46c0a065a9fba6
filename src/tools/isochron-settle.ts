import type { ToolOption, ToolOptions } from '../playbook/play.ts'
import type { GivenFlow, OptionFault, SettledFlow } from '../playbook/tool-description.ts'
import { formatDuration } from '../units/duration.ts'
import { ns } from '../units/quantity.ts'
import { mostFrames, senderFaults } from './isochron-faults.ts'

/**
 * Makes the options of isochron flows complete and finds what cannot work. After it a sender has, always: cycle-time,
 * frame-size, num-frames, base-time, shift-time, window-size, advance-time, etype, priority, cpu-mask, domain-number,
 * transport-specific, num-readings and every flag; and sync-threshold unless omit-sync. Missing, because only the run
 * knows them or because missing means something: smac, dmac, vid, utc-tai-offset, unix-domain-socket, sched-priority.
 * A receiver keeps what does not follow from its sender.
 */
export function settleIsochron(flows: readonly GivenFlow[]): readonly SettledFlow[] {
  const etypes = chooseEtypes(flows)
  const taken = new Map<string, string>()
  return flows.map((flow, index) => {
    const { sender, faults: counting } = countFrames(complete(flow, etypes[index] ?? firstEtype))
    const faults = [
      ...counting,
      ...senderFaults(flow, sender),
      ...receiverFaults(flow, sender),
      ...claim(flow, sender, taken),
    ]
    return { sender, receiver: beyond(flow.receiver, sender), faults }
  })
}

const firstEtype = 0xdeadn

/** A flow without one takes the first from 0xdead that nobody else uses at the same receiving host. */
function chooseEtypes(flows: readonly GivenFlow[]): readonly bigint[] {
  const used = new Map<string, Set<ToolOption | undefined>>()
  for (const { to, sender } of flows) used.set(to, (used.get(to) ?? new Set()).add(sender['etype']))
  return flows.map(({ to, sender }) => {
    if (typeof sender['etype'] === 'bigint') return sender['etype']
    const there = used.get(to) ?? new Set()
    let free = firstEtype
    while (there.has(free)) free += 1n
    there.add(free)
    return free
  })
}

const flags = [
  ...['omit-sync', 'omit-remote-sync', 'no-ts', 'taprio', 'txtime', 'deadline'],
  ...['sched-fifo', 'sched-rr', 'quiet'],
]

/** isochron's own defaults (isochron-send(8)), and the gate's limit for sync-threshold where both hosts have the same. */
function complete({ sender: given, gate }: GivenFlow, etype: bigint): ToolOptions {
  const sender: Record<string, ToolOption> = {
    'base-time': 0n,
    'shift-time': 0n,
    'window-size': 0n,
    priority: 0n,
    'cpu-mask': 0n,
    'domain-number': 0n,
    'transport-specific': 0n,
    'num-readings': 5n,
    ...Object.fromEntries(flags.map(name => [name, false])),
    ...(gate === undefined || gate.from !== gate.to ? {} : { 'sync-threshold': gate.from }),
    l2: true,
    ...given,
    etype,
  }
  if (sender['omit-sync'] === true) delete sender['sync-threshold']
  const cycle = sender['cycle-time']
  const window = sender['window-size']
  // 0 is what isochron takes for "not given".
  if ((sender['advance-time'] ?? 0n) === 0n && typeof cycle === 'bigint' && typeof window === 'bigint') {
    sender['advance-time'] = cycle - window
  }
  return sender
}

/** isochron knows a number of frames only: a duration becomes the number of cycles that begin in it, unless that is to be none. */
function countFrames({ duration, ...sender }: ToolOptions): { sender: ToolOptions; faults: OptionFault[] } {
  const cycle = sender['cycle-time']
  if (sender['num-frames'] === 0n) return endless(sender, duration)
  if (typeof duration !== 'bigint') return { sender, faults: [] }
  if (sender['num-frames'] !== undefined) {
    const message = 'duration and num-frames both say how many frames there are'
    return { sender, faults: [{ option: 'duration', message, hint: 'leave one of them out' }] }
  }
  // That there is no cycle is said by whoever looks for what is needed.
  if (typeof cycle !== 'bigint') return { sender: { ...sender, 'num-frames': 1n }, faults: [] }
  const frames = (duration + cycle - 1n) / cycle
  if (frames <= mostFrames) return { sender: { ...sender, 'num-frames': frames }, faults: [] }
  const longest = formatDuration(ns(mostFrames * cycle))
  const message = `${formatDuration(ns(duration))} are ${frames} frames, and a packet log holds at most ${mostFrames}`
  const hint = `at most ${longest} with this cycle-time`
  return { sender: { ...sender, 'num-frames': mostFrames }, faults: [{ option: 'duration', message, hint }] }
}

/** Sent until it is stopped: isochron keeps nothing of it, and would still wait for the last stamp if it took any. */
function endless(
  sender: ToolOptions,
  duration: ToolOption | undefined,
): { sender: ToolOptions; faults: OptionFault[] } {
  const option = 'num-frames'
  const faults = [
    ...(sender['no-ts'] === true
      ? []
      : [{ option, message: 'frames without a count need no-ts: true', hint: 'give a count, or a duration alone' }]),
    ...(duration === undefined
      ? [{ option, message: 'frames without a count have no end', hint: 'add a duration' }]
      : []),
  ]
  return { sender: duration === undefined ? sender : { ...sender, duration }, faults }
}

/** The two ends have to speak of the same frames. */
function receiverFaults({ receiver }: GivenFlow, sender: ToolOptions): OptionFault[] {
  const faults = ['etype', 'dmac', 'l2'].flatMap((option): OptionFault[] => {
    const [here, there] = [receiver[option], sender[option]]
    if (here === undefined || here === there) return []
    const message = `the receiver waits for ${option} ${show(option, here)}, the sender sends ${show(option, there)}`
    return [{ option, end: 'receiver', message }]
  })
  if (receiver['sched-fifo'] === true && receiver['sched-rr'] === true) {
    faults.push({ option: 'sched-rr', end: 'receiver', message: 'sched-fifo and sched-rr exclude each other' })
  }
  return faults
}

/** Two receivers for the same frames on one host would each take those of both senders. */
function claim({ name, to }: GivenFlow, sender: ToolOptions, taken: Map<string, string>): OptionFault[] {
  const key = `${to} ${sender['etype']} ${sender['dmac'] ?? ''}`
  const other = taken.get(key)
  if (other === undefined) {
    taken.set(key, name)
    return []
  }
  const etype = show('etype', sender['etype'])
  const hint = "give it another etype, or leave 'etype' out"
  const message = `flow '${other}' has a receiver on ${to} for the same frames (etype ${etype})`
  return [{ option: 'etype', own: true, message, hint }]
}

const beyond = (receiver: ToolOptions, sender: ToolOptions): ToolOptions =>
  Object.fromEntries(Object.entries(receiver).filter(([name, value]) => !(shared.has(name) && sender[name] === value)))

/** What a receiver takes over from its sender. */
const shared: ReadonlySet<string> = new Set(['etype', 'dmac', 'l2', 'domain-number', 'transport-specific'])

function show(option: string, value: ToolOption | undefined): string {
  if (typeof value !== 'bigint') return String(value ?? 'the address of the interface')
  return option === 'etype' ? `0x${value.toString(16)}` : formatDuration(ns(value))
}

/** Which figures a flow can give, by how its sender is told to send. */
export function withoutFigure(figure: string, sender: ToolOptions): string | undefined {
  if (sender['num-frames'] === 0n) return 'no packet log is kept of frames without a count (num-frames: 0)'
  if (sender['no-ts'] === true && figure !== 'lost' && figure !== 'not-stamped') {
    return 'it needs transmit timestamps, and no-ts is set'
  }
  const scheduled = sender['taprio'] === true || sender['txtime'] === true
  if (scheduled && (figure === 'latency-budget' || figure === 'deadline-misses')) {
    return 'with taprio or txtime the schedule comes before the wire'
  }
  return !scheduled && figure === 'mac-latency' ? 'it needs taprio or txtime' : undefined
}
