import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeDat, encodeDat } from '../../src/stats/dat-file.ts'
import { statisticOf } from '../../src/stats/figure.ts'
import { measure } from '../../src/stats/figures.ts'
import { summaryOf } from '../../src/stats/summary.ts'
import { ns, tai } from '../../src/units/quantity.ts'

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

/** Every time differs from packet to packet, so that sorting has something to do. */
function madeUp(): Parameters<typeof encodeDat>[0] {
  const [sender, receiver] = [Buffer.alloc(packets * 48), Buffer.alloc(packets * 32)]
  const epoch = 1_795_297_714_000_000_000n
  for (let i = 0; i < packets; i++) {
    const jitter = (i * 7919) % 100_003
    const wakeup = epoch + BigInt(i * 1_000_000 + jitter)
    const times = [wakeup + 500_000n, wakeup, wakeup + 3_000n + BigInt(jitter % 997), wakeup + 3_100n, wakeup + 900n]
    sender.writeUInt32BE(i + 1, i * 48)
    for (const [k, time] of times.entries()) sender.writeBigInt64BE(time, i * 48 + 8 + k * 8)
    const arrived = wakeup + 9_000n + BigInt(jitter % 4999)
    receiver.writeUInt32BE(i + 1, i * 32)
    for (const [k, time] of [arrived + 5_000n, arrived, arrived + 10n].entries())
      receiver.writeBigInt64BE(time, i * 32 + 8 + k * 8)
  }
  const flags = { syncOmitted: false, txTimestamps: true, taprio: false, txtime: false, deadline: false }
  const length = ns(1_000_000n)
  const times = { baseTime: tai(0n), advanceTime: length, shiftTime: ns(0n), cycleTime: length, windowSize: ns(0n) }
  return { header: { packetCount: packets, frameSize: 64, flags, ...times }, sender, receiver }
}
