import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeDat, encodeDat } from '../../src/stats/dat-file.ts'
import { statisticOf } from '../../src/stats/figure.ts'
import { measure } from '../../src/stats/figures.ts'
import { summaryOf } from '../../src/stats/summary.ts'
import { ns, tai } from '../../src/units/quantity.ts'
import { madeUpRecords } from './made-up-records.ts'

const packets = 1_000_000
const rounds = 3

/** Medians in ms; the ratios are to reading and writing the same bytes. */
export interface Bench {
  readonly name: string
  readonly bytes: number
  readonly bareMs: number
  readonly summaryMs: number
  readonly figuresMs: number
  readonly summaryRatio: number
  readonly figuresRatio: number
}

/** What `report --summary` and all figures with a percentile of each cost, beside a bare read and write of the log. */
export async function bench(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'))
  try {
    const file = join(folder, 'log.dat')
    const bytes = encodeDat(madeUp())
    await writeFile(file, bytes)
    const bareMs = await medianMs(async () => writeFile(join(folder, 'copy.dat'), await readFile(file)))
    const summaryMs = await medianMs(async () => summaryOf(decodeDat(await readFile(file), file)))
    const figuresMs = await medianMs(async () => {
      for (const figure of measure(decodeDat(await readFile(file), file)).figures.values())
        if (figure.kind === 'time') statisticOf(figure, 'p99')
    })
    const [summaryRatio, figuresRatio] = [summaryMs / bareMs, figuresMs / bareMs]
    return { name: 'report', bytes: bytes.length, bareMs, summaryMs, figuresMs, summaryRatio, figuresRatio }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function medianMs(body: () => Promise<unknown>): Promise<number> {
  const took: number[] = []
  for (let round = 0; round < rounds; round++) {
    const from = performance.now()
    await body()
    took.push(performance.now() - from)
  }
  return took.sort((a, b) => a - b)[Math.floor(rounds / 2)] as number
}

function madeUp(): Parameters<typeof encodeDat>[0] {
  const flags = { syncOmitted: false, txTimestamps: true, taprio: false, txtime: false, deadline: false }
  const length = ns(1_000_000n)
  const times = { baseTime: tai(0n), advanceTime: length, shiftTime: ns(0n), cycleTime: length, windowSize: ns(0n) }
  return { header: { packetCount: packets, frameSize: 64, flags, ...times }, ...madeUpRecords(packets) }
}
