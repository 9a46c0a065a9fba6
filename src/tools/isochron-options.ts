import type { OptionDescription, ToolDescription } from '../playbook/tool-description.ts'
import { figureSummaries } from '../stats/figure-summaries.ts'
import { type IsochronFigure, isochronFigures } from '../stats/figures.ts'
import { rfcFigures } from '../stats/rfc-figures.ts'
import type { FigureDescription } from '../units/figure-kind.ts'
import { mostFrames } from './isochron-faults.ts'
import { settleIsochron, withoutFigure } from './isochron-settle.ts'

const largestFrame = 10_000n

/** The options of `isochron send` and `isochron rcv` (0.9) that mean something when a run drives both ends. */
const options = {
  'cycle-time': {
    kind: 'duration',
    end: 'sender',
    min: 1n,
    summary: 'From one frame to the next. Needed. Example: 10ms.',
  },
  'frame-size': {
    kind: 'octets',
    end: 'sender',
    min: 34n,
    max: largestFrame,
    summary: 'Octets of a frame from the destination MAC to the last data octet, VLAN tag included, FCS not. Needed.',
  },
  'num-frames': {
    kind: 'count',
    end: 'sender',
    min: 0n,
    max: mostFrames,
    summary:
      'Frames to send. Needed, unless `duration` is given. 0: without a count, for the `duration`; only with no-ts, for no packet log is kept, and no figure is had.',
  },
  duration: {
    kind: 'duration',
    end: 'sender',
    min: 1n,
    summary: 'How long to send, in place of `num-frames`: as many frames as cycles begin in it. Example: 10s.',
  },
  grace: {
    kind: 'duration',
    end: 'sender',
    min: 0n,
    summary: 'How long to wait for frames that are on the way when the last one was due. Default 100ms.',
  },
  'base-time': {
    kind: 'duration',
    end: 'sender',
    summary: 'Start of the schedule on the TAI time scale; in the past it is moved on by whole cycles. Default 0.',
  },
  'shift-time': {
    kind: 'duration',
    end: 'sender',
    summary: 'Added to the base time; at most a cycle, may be negative. Default 0.',
  },
  'advance-time': {
    kind: 'duration',
    end: 'sender',
    min: 0n,
    summary:
      'How long before its scheduled time a frame is handed to the kernel; at most a cycle. Default cycle - window.',
  },
  'window-size': {
    kind: 'duration',
    end: 'sender',
    min: 0n,
    summary:
      'Length of the transmission window in the gate schedule; at most a cycle. Only the default of advance-time uses it. Default 0.',
  },
  etype: {
    kind: 'number',
    end: 'both',
    min: 0x600n,
    max: 0xffffn,
    summary: 'EtherType of the test frames. Default: the first from 0xdead that is free at the receiving host.',
  },
  vid: {
    kind: 'number',
    end: 'sender',
    min: 0n,
    max: 4094n,
    summary: 'VLAN id of the test frames; 0 is a priority tag. Default: no tag.',
  },
  priority: {
    kind: 'number',
    end: 'sender',
    min: 0n,
    max: 15n,
    summary: 'Priority of the socket and, in a VLAN tag, of the frames (there 0 to 7). Default 0.',
  },
  smac: { kind: 'mac', end: 'sender', summary: "Source address. Default: that of the sender's interface." },
  dmac: {
    kind: 'mac',
    end: 'both',
    summary: "Destination address; a multicast address is joined. Default: that of the receiver's interface.",
  },
  'sync-threshold': {
    kind: 'duration',
    end: 'sender',
    min: 1n,
    summary: "Largest offset of the clocks of this flow's hosts, with its unit. Default: the offset of the gate.",
  },
  'omit-sync': {
    kind: 'flag',
    end: 'sender',
    summary: 'Do not watch the clocks of this flow: it starts whatever they say. Default false.',
  },
  'omit-remote-sync': {
    kind: 'flag',
    end: 'sender',
    summary: "Do not watch the receiver's clocks, only its link. Default false.",
  },
  'no-ts': {
    kind: 'flag',
    end: 'sender',
    summary: 'Take no transmit timestamps. Every latency then has no figure. Default false.',
  },
  taprio: {
    kind: 'flag',
    end: 'sender',
    summary:
      'A gate schedule (taprio) is on the interface: latency counts from the schedule. Not with txtime. Default false.',
  },
  txtime: {
    kind: 'flag',
    end: 'sender',
    summary:
      'Hand the transmit time to the kernel (SO_TXTIME; needs an etf or taprio qdisc). Not with taprio. Default false.',
  },
  deadline: {
    kind: 'flag',
    end: 'sender',
    summary: 'The transmit time is a deadline, not an appointment. Only with txtime. Default false.',
  },
  'cpu-mask': {
    kind: 'number',
    end: 'sender',
    min: 0n,
    max: 2n ** 64n - 1n,
    summary: 'CPUs of the sending thread, a bit each; 0 leaves them as they are. Default 0.',
  },
  'sched-fifo': {
    kind: 'flag',
    end: 'each',
    summary: 'Run under SCHED_FIFO with sched-priority. Not with sched-rr. Default false.',
  },
  'sched-rr': {
    kind: 'flag',
    end: 'each',
    summary: 'Run under SCHED_RR with sched-priority. Not with sched-fifo. Default false.',
  },
  'sched-priority': {
    kind: 'number',
    end: 'each',
    min: 1n,
    max: 99n,
    summary: 'Priority of sched-fifo or sched-rr. Default 1.',
  },
  'utc-tai-offset': {
    kind: 'number',
    end: 'each',
    min: 0n,
    max: 32_767n,
    summary: "TAI minus UTC in seconds; sets the kernel's as well. Default: the kernel's, or what ptp4l says.",
  },
  'domain-number': { kind: 'number', end: 'both', min: 0n, max: 255n, summary: 'PTP domain asked for. Default 0.' },
  'transport-specific': {
    kind: 'number',
    end: 'both',
    min: 0n,
    max: 15n,
    summary: 'transportSpecific (majorSdoId) of the PTP messages asked with; 1 for gPTP. Default 0.',
  },
  'unix-domain-socket': {
    kind: 'text',
    end: 'each',
    summary: "Socket of the ptp4l to ask. Default: that of the run's own ptp4l, else /var/run/ptp4l.",
  },
  'num-readings': {
    kind: 'count',
    end: 'each',
    min: 1n,
    max: 25n,
    summary: 'Readings that are taken to compare the system clock with the PHC. Default 5.',
  },
  quiet: { kind: 'flag', end: 'each', summary: 'Say less in the log of the program. Default false.' },
  l2: { kind: 'flag', end: 'both', summary: 'Send Ethernet frames, the only kind that can be driven. Default true.' },
} as const satisfies Readonly<Record<string, OptionDescription>>

const refused = {
  interface: 'it is the variable `interface` of the host',
  client: "the flow's `to` says who receives",
  'stats-port': 'a free port is chosen at run time',
  'stats-address': 'the management port knows no password and stays on loopback',
  'pid-file': 'the run knows its processes by their pids',
  'log-file': 'what the programs say goes into the run folder, a file each',
  'output-file': "each flow's packet log goes into the run folder",
  'ip-destination': 'the programs do not honour it when they are driven by a controller',
  l4: 'the programs do not honour the address of UDP tests when they are driven by a controller: use layer 2',
  'data-port': 'it belongs to UDP tests, which cannot be driven by a controller',
  tracemark: 'it has no effect when the programs are driven by a controller',
} as const

/** Its own, and those of the IETF that its packet log gives: a receiver keeps one record of each packet, no duplicates. */
const { 'one-way-packet-duplication': _, ...ietfFigures } = rfcFigures
const figures: Readonly<Record<string, FigureDescription>> = {
  ...Object.fromEntries(
    Object.entries(isochronFigures).map(([name, kind]) => {
      const summary = figureSummaries[name as IsochronFigure]
      return [name, { kind, shape: kind === 'count' ? 'one' : 'spread', summary } as const]
    }),
  ),
  ...ietfFigures,
}

export const isochronDescription: ToolDescription = {
  name: 'isochron',
  gated: true,
  addressless: true,
  options,
  figures,
  refused,
  settle: settleIsochron,
  withoutFigure,
}
