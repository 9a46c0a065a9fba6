import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { decodeDat } from '../../src/stats/dat-file.ts'
import { type Figure, statisticOf, type TimeFigure, timeFigure } from '../../src/stats/figure.ts'
import { figuresOf, isochronFigures, measure } from '../../src/stats/figures.ts'
import { formatTime } from '../../src/units/format-time.ts'
import { datBytes, type HandMade, type PacketTimes } from '../fixtures/dat-bytes.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('figures')

const figures = (made: HandMade) => figuresOf(decodeDat(datBytes(made), 'x'))
const count = (figure: Figure | undefined) => (figure?.kind === 'count' ? figure.value : figure)
const time = (values: readonly bigint[]) => timeFigure(BigInt64Array.from(values)) as TimeFigure

const packet = (over: PacketTimes = {}): PacketTimes => ({
  scheduled: 10_000n,
  wakeup: 9_600n,
  txSched: 9_700n,
  txSoftware: 9_800n,
  txHardware: 9_900n,
  rxHardware: 10_100n,
  rxSoftware: 10_150n,
  arrival: 10_400n,
  ...over,
})

test('each time is the difference that isochron reports', () => {
  const all = figures({ packets: [packet(), packet({ rxHardware: 10_104n })], advanceTime: 500n })
  const of = (name: string) => {
    const figure = all.get(name)
    return figure?.kind === 'time' ? [figure.count, figure.min, figure.max, figure.mean, figure.stddev] : undefined
  }
  assert.equal(of('path-delay'), [2, 200n, 204n, 202, 2])
  assert.equal(of('wakeup-to-hw-tx'), [2, 300n, 300n, 300, 0])
  assert.equal(of('sender-latency'), [2, 200n, 200n, 200, 0])
  assert.equal(of('wakeup-latency'), [2, 100n, 100n, 100, 0])
  assert.equal(of('driver-latency'), [2, 100n, 100n, 100, 0])
  assert.equal(of('arrival-latency'), [2, 296n, 300n, 298, 2])
  assert.equal(of('latency-budget'), [2, 100n, 100n, 100, 0])
})

test('the figures that a log can give are those that a playbook may name', () => {
  const names = [undefined, 4].flatMap(flags => [
    ...figures({ packets: [packet()], ...(flags ? { flags } : {}) }).keys(),
  ])
  assert.equal([...new Set(names)].sort(), Object.keys(isochronFigures).sort())
  for (const [name, figure] of figures({ packets: [packet()] }))
    assert.is(figure.kind, isochronFigures[name as keyof typeof isochronFigures], name)
})

test('the numbers are those in the summary of the real isochron', () => {
  for (const name of ['tenframes-a', 'small-b', 'omitsync-a', 'thousand-a']) {
    const all = figuresOf(decodeDat(readFileSync(`test/fixtures/dat/${name}.dat`), name))
    const summary = readFileSync(`test/fixtures/dat/${name}.summary`, 'utf8')
    for (const [label, figure] of [
      ['Path delay', 'path-delay'],
      ['Wakeup latency', 'wakeup-latency'],
      ['Arrival latency', 'arrival-latency'],
    ] as const) {
      const { min, max, mean, stddev } = all.get(figure) as TimeFigure
      assert.match(summary, `${label}: min ${min} max ${max} mean ${mean.toFixed(3)} stddev ${stddev.toFixed(3)},`)
    }
  }
})

test('lost counts what was sent and not received', () => {
  const packets = [packet(), packet({ received: false }), packet({ receivedSeqid: 9 }), packet({ txSched: 0n })]
  const made = { packets }
  assert.is(count(figures(made).get('lost')), 2)
  assert.is(count(figures(made).get('not-stamped')), 1)
  const { sent, received, unknown } = measure(decodeDat(datBytes(made), 'x'))
  assert.equal({ sent, received, unknown }, { sent: 4, received: 2, unknown: 0 })
})

test('a packet that the sender did not note and the receiver has is neither lost nor unknown', () => {
  const all = figures({ packets: [packet(), packet({ seqid: 0 }), packet({ rxHardware: 10_300n })] })
  assert.is(count(all.get('lost')), 0)
  assert.is((all.get('path-delay') as TimeFigure).count, 2, 'the walk goes on behind the hole')
})

test('while the fate of a packet is unknown nobody knows how many were lost', () => {
  const made = { packets: [packet(), packet({ seqid: 0, received: false })] }
  assert.is(figures(made).get('lost'), undefined)
  assert.is(measure(decodeDat(datBytes(made), 'x')).unknown, 1)
  assert.is((figures(made).get('path-delay') as TimeFigure).count, 1)
})

test('a log in which nothing was sent measures nothing', () => {
  assert.equal([...figures({ packets: [{ seqid: 0, received: false }] }).keys()], [])
})

test('when all packets are lost only counts are left', () => {
  const all = figures({ packets: [packet({ received: false }), packet({ received: false })] })
  assert.equal([...all.keys()], ['lost', 'not-stamped'])
  assert.is(count(all.get('lost')), 2)
})

test('deadlines are counted over complete packets, and not where a gate schedule comes first', () => {
  const packets = [packet({ txHardware: 10_001n }), packet({ txHardware: 10_001n, received: false }), packet()]
  assert.is(count(figures({ packets }).get('deadline-misses')), 1)
  for (const flags of [4, 8]) {
    const all = figures({ packets, flags })
    assert.is(all.get('deadline-misses'), undefined)
    assert.is(all.get('latency-budget'), undefined)
    assert.is((all.get('mac-latency') as TimeFigure).max, 1n)
  }
})

test('a percentile is a measured value, by nearest rank', () => {
  const thousand = time(Array.from({ length: 1000 }, (_, i) => BigInt(1000 - i)))
  const cases: [string, bigint | undefined][] = [
    ['p0', 1n],
    ['p50', 500n],
    ['p50.01', 501n],
    ['p99', 990n],
    ['p99.9', 999n],
    ['p99.99', 1000n],
    ['p100', 1000n],
    ['p101', undefined],
    ['p100.1', undefined],
    ['p', undefined],
    ['median', undefined],
  ]
  for (const [name, value] of cases) assert.is(statisticOf(thousand, name), value, name)
  assert.is(statisticOf(time([7n]), 'p1'), 7n)
})

test('a percentile is the smallest value that enough others do not exceed', () => {
  const values = fc.array(fc.bigInt({ min: -1000n, max: 1000n }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 100 }), (all, p) => {
      const covers = (limit: bigint) => all.filter(value => value <= limit).length * 100 >= p * all.length
      const expected = [...all].sort((a, b) => Number(a - b)).find(covers)
      assert.is(statisticOf(time(all), `p${p}`), expected)
    }),
  )
})

test('a difference beyond the whole numbers of a double stays exact', () => {
  const all = figures({ packets: [packet({ rxHardware: 2n ** 62n + 1n, txHardware: 2n })] })
  assert.is((all.get('path-delay') as TimeFigure).min, 2n ** 62n - 1n)
})

test('a time for people has a unit and every digit', () => {
  const cases: [number | bigint, string, string][] = [
    [0, '0', '0'],
    [913n, '913ns', '913ns'],
    [-512.25, '-512.25ns', '-512.25ns'],
    [2157.07, '2.15707us', '2.157us'],
    [200_000.4, '200.0004us', '200us'],
    [9_999_999n, '9.999999ms', '10ms'],
    [1_795_297_714_270_000_101n, '1795297714.270000101s', '1795297714.27s'],
    [-0.0004, '0', '0'],
  ]
  for (const [value, exact, short] of cases) {
    assert.is(formatTime(value), exact)
    assert.is(formatTime(value, 3), short)
  }
})

test.run()
