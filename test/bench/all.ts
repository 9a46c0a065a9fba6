import { bench as cells } from './cells.bench.ts'
import { bench as coldStart } from './cold-start.bench.ts'
import { bench as collect } from './collect.bench.ts'
import { bench as flows } from './flows.bench.ts'
import { bench as inventory } from './inventory.bench.ts'
import { bench as lab } from './lab.bench.ts'
import { bench as mesh } from './mesh.bench.ts'
import { bench as negotiation } from './negotiation.bench.ts'
import { bench as orchestrate } from './orchestrate.bench.ts'
import { bench as report } from './report.bench.ts'
import { bench as reserved } from './reserved.bench.ts'
import { type Extent, inSeconds, inTimes, type Row } from './row.ts'
import { bench as startError } from './start-error.bench.ts'
import { bench as steps } from './steps.bench.ts'

export interface Benchmark {
  readonly name: string
  /** Whether it needs what a lab needs. */
  readonly needsLab: boolean
  readonly run: (extent: Extent) => Promise<readonly Row[]>
}

/** In the order in which they are run. */
export const benchmarks: readonly Benchmark[] = [
  { name: 'cold start', needsLab: false, run: coldStart },
  { name: 'a large inventory', needsLab: false, run: inventory },
  { name: 'reservations', needsLab: false, run: negotiation },
  { name: 'reserved tests', needsLab: true, run: reserved },
  { name: 'orchestration', needsLab: true, run: orchestrate },
  { name: 'flows of programs', needsLab: true, run: flows },
  { name: 'cells of an experiment', needsLab: true, run: cells },
  { name: 'a mesh', needsLab: true, run: mesh },
  { name: 'steps', needsLab: true, run: steps },
  { name: 'a million packet records', needsLab: false, run: collect },
  { name: 'reports', needsLab: false, run: reports },
  { name: 'start error', needsLab: false, run: startError },
  { name: 'the lab', needsLab: true, run: lab },
]

async function reports(): Promise<readonly Row[]> {
  const { bytes, bareMs, summaryMs, figuresMs, summaryRatio, figuresRatio } = await report()
  return [
    { what: `${(bytes / 1e6).toFixed(0)} MB of packet log, read and written`, measured: inSeconds(bareMs) },
    { what: 'its summary', measured: `${inSeconds(summaryMs)}, ${inTimes(summaryRatio)} that` },
    { what: 'every figure with a percentile', measured: `${inSeconds(figuresMs)}, ${inTimes(figuresRatio)} that` },
  ]
}
