import type { FigureDescription } from '../units/figure-kind.ts'
import type { PacketTrace } from './packet-trace.ts'
import { one, spread, type ToolFigure } from './tool-figure.ts'

/** Figures of any flow that has a packet log, as the IETF defines and names them. */
export const rfcFigures = {
  'one-way-delay': {
    kind: 'time',
    shape: 'spread',
    summary:
      'From wire to wire (RFC 7679). A lost packet counts as infinitely late in min and percentiles; mean, max and stddev are of those that arrived.',
  },
  'one-way-delay-uncertainty': {
    kind: 'time',
    shape: 'one',
    summary: 'The most by which the clocks of the two ends can have falsified a delay (RFC 7679, section 3.7).',
  },
  ipdv: {
    kind: 'time',
    shape: 'spread',
    summary: 'Delay of a packet minus that of the packet sent before it, with its sign (RFC 3393).',
  },
  'one-way-packet-loss': { kind: 'count', shape: 'one', summary: 'Packets that never arrived (RFC 7680).' },
  'one-way-packet-loss-ratio': {
    kind: 'ratio',
    shape: 'one',
    summary: 'Share of the packets sent that never arrived (RFC 7680).',
  },
  'one-way-packet-duplication': {
    kind: 'count',
    shape: 'one',
    summary:
      'Packets that arrived more than once (RFC 5560). Not from logs of isochron, which keep one record of each.',
  },
  reordered: { kind: 'count', shape: 'one', summary: 'Packets that arrived behind a later one (RFC 4737).' },
  'reordered-ratio': {
    kind: 'ratio',
    shape: 'one',
    summary: 'Share of the packets received that were reordered (RFC 4737).',
  },
  'reordering-extent': {
    kind: 'count',
    shape: 'spread',
    summary: 'How many arrivals earlier the first later packet came (RFC 4737); only of reordered packets.',
  },
} as const satisfies Readonly<Record<string, FigureDescription>>
export type RfcFigure = keyof typeof rfcFigures

/** The offsets of the two clocks that stamped the packets, as they were read while the traffic flowed, ns. */
export interface ClockOffsets {
  readonly sender: readonly bigint[]
  readonly receiver: readonly bigint[]
}

export interface TraceOptions {
  /** Undefined, or an end without readings: the uncertainty is not known. */
  readonly clocks: ClockOffsets | undefined
  /** Whether the log shows a packet that arrives twice. */
  readonly showsDuplicates: boolean
}

/** Those that can be had of a trace. */
export function rfcFiguresOf(
  trace: PacketTrace,
  { clocks, showsDuplicates }: TraceOptions,
): ReadonlyMap<RfcFigure, ToolFigure> {
  const unique = showsDuplicates ? firstArrivals(trace) : trace.arrivals
  const lost = lostOf(trace.delays)
  const extents = reorderingExtents(unique)
  const uncertainty = clocks && uncertaintyOf(clocks)
  const figures: Readonly<Record<RfcFigure, ToolFigure | undefined>> = {
    'one-way-delay': delayOf(trace.delays),
    'one-way-delay-uncertainty': uncertainty === undefined ? undefined : one('time', Number(uncertainty)),
    ipdv: spread('time', ipdvOf(trace.delays)),
    'one-way-packet-loss': one('count', lost),
    'one-way-packet-loss-ratio': trace.sent === 0 ? undefined : one('ratio', (100 * lost) / trace.sent),
    'one-way-packet-duplication': showsDuplicates ? one('count', duplicatesOf(trace)) : undefined,
    reordered: one('count', extents.length),
    'reordered-ratio': unique.length === 0 ? undefined : one('ratio', (100 * extents.length) / unique.length),
    'reordering-extent': spread('count', extents),
  }
  return new Map((Object.keys(figures) as RfcFigure[]).flatMap(name => (figures[name] ? [[name, figures[name]]] : [])))
}

function lostOf(delays: Float64Array): number {
  let lost = 0
  for (let i = 0; i < delays.length; i++) if (delays[i] === Number.POSITIVE_INFINITY) lost++
  return lost
}

/** RFC 7679, section 5: an undefined delay is infinitely large. A mean of infinity says nothing, so it is of the others. */
function delayOf(delays: Float64Array): ToolFigure | undefined {
  const known = new Float64Array(delays.length)
  let [found, arrived, sum, max] = [0, 0, 0, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < delays.length; i++) {
    const delay = delays[i] as number // i is in bounds
    if (Number.isNaN(delay)) continue
    known[found++] = delay
    if (delay === Number.POSITIVE_INFINITY) continue
    arrived++
    sum += delay
    if (delay > max) max = delay
  }
  if (arrived === 0) return undefined
  const mean = sum / arrived
  let squares = 0
  for (let i = 0; i < found; i++) {
    const delay = known[i] as number // i is in bounds
    if (delay !== Number.POSITIVE_INFINITY) squares += (delay - mean) ** 2
  }
  return spread('time', known.subarray(0, found), { mean, stddev: Math.sqrt(squares / arrived), max })
}

/**
 * RFC 7679, section 3.7: the errors of both clocks against the same reference add up. What PTP itself cannot see, an
 * asymmetric path, is not in it.
 */
export function uncertaintyOf({ sender, receiver }: ClockOffsets): bigint | undefined {
  if (sender.length === 0 || receiver.length === 0) return undefined
  return largest(sender) + largest(receiver)
}

function largest(offsets: readonly bigint[]): bigint {
  let most = 0n
  for (const offset of offsets) {
    const size = offset < 0n ? -offset : offset
    if (size > most) most = size
  }
  return most
}

/** RFC 3393, section 2.4: undefined, and left out, where either packet is lost. The selection is every packet and its predecessor. */
function ipdvOf(delays: Float64Array): Float64Array {
  const values = new Float64Array(Math.max(0, delays.length - 1))
  let found = 0
  for (let i = 1; i < delays.length; i++) {
    const difference = (delays[i] as number) - (delays[i - 1] as number) // both are in bounds
    if (Number.isFinite(difference)) values[found++] = difference
  }
  return values.subarray(0, found)
}

/** Of copies of a packet only the first is looked at. */
function firstArrivals({ arrivals, sent }: PacketTrace): Uint32Array {
  const seen = new Uint8Array(sent)
  const first = new Uint32Array(arrivals.length)
  let found = 0
  for (const packet of arrivals) {
    if (seen[packet] === 0) first[found++] = packet
    seen[packet] = 1
  }
  return first.subarray(0, found)
}

/** RFC 5560: packets of which more than one copy came, however many. */
function duplicatesOf({ arrivals, sent }: PacketTrace): number {
  const copies = new Uint32Array(sent)
  for (const packet of arrivals) copies[packet] = (copies[packet] ?? 0) + 1
  return copies.reduce((count, each) => count + (each > 1 ? 1 : 0), 0)
}

/**
 * RFC 4737, sections 3.3 and 4.2.1: a packet is reordered when one with a larger number came before it; its extent counts
 * the arrivals back to the earliest such packet. That one is the first that raised the largest number above its own.
 */
function reorderingExtents(arrivals: Uint32Array): Float64Array {
  const records: Records = { at: new Uint32Array(arrivals.length), packet: new Uint32Array(arrivals.length), count: 0 }
  const extents: number[] = []
  let largest = 0
  for (let at = 0; at < arrivals.length; at++) {
    const packet = arrivals[at] as number // at is in bounds
    if (packet >= largest) {
      largest = packet
      records.at[records.count] = at
      records.packet[records.count++] = packet
    } else extents.push(at - earliestAbove(records, packet))
  }
  return Float64Array.from(extents)
}

/** The arrivals that were of a larger number than all before them. */
interface Records {
  readonly at: Uint32Array
  readonly packet: Uint32Array
  count: number
}

/** Records grow in both: the first above `packet` is found by halving. */
function earliestAbove({ at, packet: packets, count }: Records, packet: number): number {
  let [low, high] = [0, count - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((packets[middle] ?? 0) > packet) high = middle
    else low = middle + 1
  }
  return at[low] ?? 0
}
