import type { DatFile } from './dat-file.ts'
import { countFigure, type Figure, timeFigure } from './figure.ts'
import { columnOf, countDeadlineMisses, type MetricName, metrics } from './metrics.ts'
import { type Survey, survey } from './packets.ts'

/** The figures of an isochron flow that `expect` may name. */
export const isochronFigures = {
  /** Packets that were sent and that the receiver does not have. */
  lost: 'count',
  /** Sent packets without all three transmit stamps. */
  'not-stamped': 'count',
  /** Packets on the wire after their scheduled time; not with taprio or txtime, where the schedule comes first. */
  'deadline-misses': 'count',
  'path-delay': 'time',
  'wakeup-to-hw-tx': 'time',
  'sender-latency': 'time',
  'wakeup-latency': 'time',
  'driver-latency': 'time',
  'arrival-latency': 'time',
  /** From the scheduled time to the wire; with taprio or txtime only. */
  'mac-latency': 'time',
  /** From the wire to the scheduled time; without taprio and txtime only. */
  'latency-budget': 'time',
} as const satisfies Readonly<Record<string, Figure['kind']>>
export type IsochronFigure = keyof typeof isochronFigures

/** What was measured of a flow: its packets by their fate, and its figures. One that is missing was not measured. */
export interface Measured {
  /** Packets in the sender's log. */
  readonly sent: number
  /** Those of them that the receiver has. */
  readonly received: number
  /** Packets in neither log: nobody knows whether they were sent. */
  readonly unknown: number
  readonly figures: ReadonlyMap<string, Figure>
  readonly packets: Survey
}

/**
 * The figures of a packet log, with the formulas of `isochron report`: times over the packets that were stamped and
 * received. Unlike that program a packet missing from the sender's log does not end the walk; but while the fate of any
 * packet is unknown, `lost` counts as not measured.
 */
export function measure(file: DatFile): Measured {
  const packets = survey(file, 0, file.header.packetCount, false)
  const { sent, notReceived, unknown } = packets
  const figures = new Map([...countsOf(file, packets), ...timesOf(file, packets)])
  return { sent, received: sent - notReceived, unknown, figures, packets }
}

export const figuresOf = (file: DatFile): ReadonlyMap<string, Figure> => measure(file).figures

function countsOf(file: DatFile, { sent, notStamped, notReceived, unknown, complete }: Survey): [string, Figure][] {
  const counts: [IsochronFigure, Figure][] = []
  if (unknown === 0 && sent > 0) counts.push(['lost', countFigure(notReceived)])
  if (sent > 0) counts.push(['not-stamped', countFigure(notStamped)])
  if (complete.length > 0 && !isScheduled(file))
    counts.push(['deadline-misses', countFigure(countDeadlineMisses(file, complete))])
  return counts
}

function timesOf(file: DatFile, { complete }: Survey): [string, Figure][] {
  const without = isScheduled(file) ? 'latency-budget' : 'mac-latency'
  const names = (Object.keys(isochronFigures) as IsochronFigure[]).filter(isMetric).filter(name => name !== without)
  // Fresh memory for each would take as long as what is done in it.
  const room = new Float64Array(complete.length)
  return names.flatMap((name): [string, Figure][] => {
    const figure = timeFigure(columnOf(file, metrics[name], complete, room), () =>
      columnOf(file, metrics[name], complete),
    )
    return figure === undefined ? [] : [[name, figure]]
  })
}

const isScheduled = ({ header: { flags } }: DatFile) => flags.taprio || flags.txtime
const isMetric = (name: IsochronFigure): name is IsochronFigure & MetricName => isochronFigures[name] === 'time'
