import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { decodeDat } from '../../src/stats/dat-file.ts'
import type { PacketRange } from '../../src/stats/packets.ts'
import { printPackets } from '../../src/stats/printf.ts'
import { summaryOf } from '../../src/stats/summary.ts'
import { datBytes, type HandMade, type PacketTimes } from '../fixtures/dat-bytes.ts'
import { type Random, random } from '../fixtures/random.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('isochron report')
const missing =
  spawnSync('isochron', ['--version']).error === undefined
    ? undefined
    : "the Debian package 'isochron' is not installed"
const seeds = 400
const second = 1_000_000_000n
const epoch = 1_795_297_714n * second

test.unless(
  missing,
  `the real isochron prints what we print, for ${seeds} packet logs of every kind`,
  () => inFolder(folder => forEachSeed(seed => compare(join(folder, 'log.dat'), random(seed), seed))),
  { limitMs: 120_000 },
)

function forEachSeed(check: (seed: number) => void): void {
  for (let seed = 1; seed <= seeds; seed++) check(seed)
}

function inFolder(use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-report-'))
  try {
    use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function compare(path: string, die: Random, seed: number): void {
  const bytes = datBytes(randomLog(die))
  writeFileSync(path, bytes)
  const file = decodeDat(bytes, path)
  const range = randomRange(die, file.header.packetCount)
  const limits = ['--start', `${range.start}`, '--stop', `${range.stop}`]
  const real = isochron(['report', '--input-file', path, '--summary', ...limits])
  assert.is(summaryOf(file, range).text, real, `the summary of seed ${seed}`)

  const { format, args } = randomFormat(die)
  const printf = ['--printf-format', format, '--printf-args', args]
  const printed = isochron(['report', '--input-file', path, ...printf, ...limits])
  assert.is([...printPackets(file, format, args, range)].join(''), printed, `the packets of seed ${seed}: ${format}`)
}

function isochron(argv: readonly string[]): string {
  const { status, signal, stdout, stderr } = spawnSync('isochron', argv, { timeout: 20_000, encoding: 'utf8' })
  assert.is(status, 0, `isochron ${argv.join(' ')}: ${signal ?? ''} ${stderr}`)
  return stdout
}

function randomLog(die: Random): HandMade {
  const count = die.pick([1, 2, 3, die.int(4, 40), die.int(41, 300)])
  const cycleTime = die.pick([10_000_000n, 2_000_000n, 333_333n, BigInt(die.int(1, 2 ** 31)), 7n])
  const nature: Nature = {
    unstamped: die.pick([0, 0, 3, 20, 1]),
    lost: die.pick([0, 0, 3, 20, 1]),
    spread: die.pick([1, 40, 5_000, 3_000_000, 2 ** 40]),
    txPhc: die.pick([0n, 0n, 0n, 37n * second, second, -epoch]),
    rxPhc: die.pick([0n, 0n, 0n, -37n * second, second, -epoch]),
    late: die.oneIn(3),
  }
  const packets = Array.from({ length: count }, (_, i) => randomPacket(die, BigInt(i) * cycleTime, nature))
  const hole = die.oneIn(10) ? die.int(0, count - 1) : undefined
  const omit = die.oneIn(3) ? 1 : 0
  return {
    packets: packets.map((packet, i) => (i === hole ? { ...packet, seqid: die.pick([0, i, i + 2]) } : packet)),
    packetCount: die.oneIn(8) ? die.int(1, count) : count,
    flags: omit | 2 | die.pick([0, 0, 0, 4, 8, 12, 16, 31]),
    cycleTime,
    advanceTime: BigInt(die.int(0, 10_000_000)),
    baseTime: BigInt(die.int(-5, 5)) * 100_000_000n,
    shiftTime: BigInt(die.int(-3, 3)) * 500_000_000n,
    windowSize: BigInt(die.int(0, 1_000_000)),
    receiverRecords: die.oneIn(8) ? die.int(1, count) : count,
    gap: die.oneIn(8) ? die.int(1, 100) : 0,
  }
}

interface Nature {
  /** One packet in so many; 0 for none. */
  readonly unstamped: number
  readonly lost: number
  /** ns */
  readonly spread: number
  readonly txPhc: bigint
  readonly rxPhc: bigint
  readonly late: boolean
}

function randomPacket(die: Random, since: bigint, nature: Nature): PacketTimes {
  const some = () => BigInt(die.int(0, nature.spread))
  const sometimes = (n: number) => n > 0 && die.oneIn(n)
  const scheduled = epoch + since
  const sent = scheduled + (nature.late ? some() : -some() - 1_000n)
  const stamp = (value: bigint) => (sometimes(nature.unstamped * 3) ? 0n : value)
  return {
    scheduled,
    wakeup: sent - some(),
    txHardware: stamp(sent + nature.txPhc + some()),
    txSoftware: stamp(sent + some()),
    txSched: stamp(sent - some()),
    ...(sometimes(nature.lost) ? { received: false } : {}),
    ...(sometimes(nature.lost) ? { receivedSeqid: die.int(0, 1000) } : {}),
    arrival: sent + 3n * some(),
    rxHardware: sent + nature.rxPhc + 2n * some(),
    rxSoftware: sent + 2n * some(),
  }
}

/** Within the log, for the real program prints nothing outside; start may lie behind stop. */
function randomRange(die: Random, count: number): Required<PacketRange> {
  if (!die.oneIn(4)) return { start: 0, stop: 0 }
  return { start: die.int(0, count), stop: die.int(0, count) }
}

function randomFormat(die: Random): { format: string; args: string } {
  let format = ''
  let args = ''
  for (let i = die.int(0, 12); i > 0; i--) {
    const letter = die.pick(['A', 'B', 'C', 'H', 'W', 'S', 'w', 'T', 't', 's', 'q', 'a', 'R', 'r'])
    format += `${die.pick([' ', '%%', '\\t', 'é', 'x'])}%${letter === 'q' ? die.pick(['u', 'x']) : die.pick(['d', 'u', 'x', 'T'])}`
    args += letter
  }
  return { format: `${format}\\n`, args }
}

test.unless(missing, 'the real isochron prints what we print in the corners of its arithmetic', () =>
  inFolder(folder => {
    for (const [name, made] of Object.entries(corners)) {
      const path = join(folder, 'corner.dat')
      const bytes = datBytes(made)
      writeFileSync(path, bytes)
      const real = isochron(['report', '--input-file', path, '--summary'])
      assert.is(summaryOf(decodeDat(bytes, path)).text, real, name)
    }
  }),
)

test.unless(missing, 'the real isochron prints packets as we do, up to the longest that fits', () =>
  inFolder(folder => {
    const path = join(folder, 'log.dat')
    const bytes = datBytes({ packets: [corner(), corner()], baseTime: -500_000_000n, shiftTime: -1_500_000_000n })
    writeFileSync(path, bytes)
    const cases: [string, string][] = [
      ['%T %T\\n', 'BH'],
      [`${'abfnrtv\\"?'.replaceAll(/./gs, '\\$&')}\\'|\\\n|`, ''],
      ['seen\\0not seen', ''],
      [`${'x'.repeat(4075)}%d`, 'S'],
      ['x'.repeat(4094), ''],
      ['', ''],
    ]
    for (const [format, args] of cases) {
      const real = isochron(['report', '--input-file', path, '--printf-format', format, '--printf-args', args])
      assert.is([...printPackets(decodeDat(bytes, path), format, args)].join(''), real, format)
    }
  }),
)

/** A packet whose sender latency is `latency`. */
function corner(latency = 100n, over: PacketTimes = {}): PacketTimes {
  const stamps = { scheduled: epoch, txHardware: epoch, txSoftware: epoch, txSched: epoch }
  return { ...stamps, wakeup: epoch - latency, rxHardware: epoch, rxSoftware: epoch, arrival: epoch, ...over }
}

const phcAhead = (...by: bigint[]): HandMade => ({
  packets: by.map(each => corner(0n, { rxSoftware: epoch - second - each })),
})
const share = (lost: number, of: number): HandMade => ({
  packets: Array.from({ length: of }, (_, i) =>
    corner(0n, {
      received: i >= lost,
      ...(i % 3 === 0 ? { txSched: 0n } : {}),
      txHardware: epoch + BigInt(i % 7 === 0),
    }),
  ),
})

const corners: Readonly<Record<string, HandMade>> = {
  'cycle time 0': { packets: [corner(), corner()], cycleTime: 0n },
  'cycle time 0, latency 0': { packets: [corner(0n)], cycleTime: 0n },
  'negative cycle time': { packets: [corner(0n), corner(5n)], cycleTime: -7n },
  'a mean halfway between two thousandths': {
    packets: Array.from({ length: 16 }, (_, i) =>
      corner(BigInt(i === 3), { rxHardware: epoch - BigInt(3 * Number(i === 0)) }),
    ),
  },
  'single precision': { packets: [corner(16_777_217n)], cycleTime: 3n },
  'single precision beyond that of a double': { packets: [corner(2n ** 60n + 2n ** 36n + 1n)], cycleTime: 100n },
  'a cycle time beyond that of a double': { packets: [corner(2n ** 40n)], cycleTime: 2n ** 60n + 2n ** 36n + 1n },
  'one second apart': phcAhead(0n),
  'one second and half a nanosecond apart': phcAhead(0n, 1n),
  'one second and a nanosecond apart': phcAhead(1n),
  'as far apart as 64 bits go': { packets: [corner(0n, { rxHardware: -(2n ** 63n) })] },
  'shares in single precision': share(194, 261),
  'more shares': share(1, 3),
}

test.run()
