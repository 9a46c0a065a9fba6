import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatFile } from '../stats/dat-file.ts'
import { traceOf } from '../stats/packet-trace.ts'
import { type ClockOffsets, rfcFiguresOf } from '../stats/rfc-figures.ts'
import type { ToolFigure } from '../stats/tool-figure.ts'
import { bigintOf, numberOf, parseLines, textOf } from './ndjson.ts'

export interface FlowEnds {
  readonly from: string
  readonly to: string
}

/** They say again, by their own definitions, what a table has no room to say twice. */
export const isIetfFigure = (name: string): boolean => /^(one-way-|reorder|ipdv$)/.test(name)

/** What the IETF's metrics make of a packet log, with the error of the clocks as the run folder's readings tell it. */
export function ietfFigures(folder: string, dat: DatFile, ends: FlowEnds): ReadonlyMap<string, ToolFigure> {
  const trace = traceOf(dat)
  return trace === undefined
    ? new Map()
    : rfcFiguresOf(trace, { clocks: offsetsOf(folder, ends), showsDuplicates: false })
}

/** Of the PHCs, which stamp the packets, while the traffic of the last attempt flowed. */
function offsetsOf(folder: string, { from, to }: FlowEnds): ClockOffsets {
  const file = join(folder, 'sync.ndjson')
  const lines = existsSync(file) ? parseLines(readFileSync(file, 'utf8')).values : []
  const readings = lines.filter(line => line['phase'] === 'traffic')
  const last = Math.max(...readings.map(line => numberOf(line['attempt']) ?? 0))
  const of = (host: string) =>
    readings.flatMap(line => {
      const offset = bigintOf(line['phcOffset'])
      const isOurs = textOf(line['host']) === host && numberOf(line['attempt']) === last
      return isOurs && offset !== undefined ? [offset] : []
    })
  return { sender: of(from), receiver: of(to) }
}
