import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { decodeDat } from '../../src/stats/dat-file.ts'
import { type PacketTrace, traceOf } from '../../src/stats/packet-trace.ts'
import { type ClockOffsets, type RfcFigure, rfcFigures, rfcFiguresOf } from '../../src/stats/rfc-figures.ts'
import { ascending } from '../../src/stats/sample.ts'
import { measuredValue, type ToolFigure } from '../../src/stats/tool-figure.ts'
import { formatFigure } from '../../src/units/figure-kind.ts'
import { datBytes, type PacketTimes } from '../fixtures/dat-bytes.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('rfc-figures')

const lost = Number.POSITIVE_INFINITY
const trace = (over: Partial<PacketTrace>): PacketTrace => ({
  sent: over.delays?.length ?? 0,
  delays: new Float64Array(),
  arrivals: new Uint32Array(),
  ...over,
})
const figuresOf = (made: Partial<PacketTrace>, clocks?: ClockOffsets, showsDuplicates = true) =>
  rfcFiguresOf(trace(made), { clocks, showsDuplicates })
const valueIn = (figures: ReadonlyMap<RfcFigure, ToolFigure>, name: string) => {
  const [figure, statistic] = name.split('.') as [RfcFigure, string | undefined]
  const found = figures.get(figure)
  return found && measuredValue(found, statistic)
}

/** Arrivals are numbered from 1, as in the tables of RFC 4737, section 7. */
const arriving = (...numbers: readonly number[]) =>
  figuresOf({ sent: Math.max(...numbers), arrivals: Uint32Array.from(numbers, number => number - 1) })
const extentsOf = (figures: ReadonlyMap<RfcFigure, ToolFigure>) => {
  const figure = figures.get('reordering-extent')
  return figure?.shape === 'spread' ? ascending([...figure.samples]) : []
}

test('reordered packets, their share and their extent, by the definitions of RFC 4737', () => {
  const cases: readonly { arrivals: readonly number[]; extents: readonly number[]; ratio: number }[] = [
    { arrivals: [1, 2, 3, 4, 5], extents: [], ratio: 0 },
    // Packet 4 comes eighth; the earliest later one, 5, came fourth.
    { arrivals: [1, 2, 3, 5, 6, 7, 8, 4, 9, 10], extents: [4], ratio: 10 },
    { arrivals: [1, 2, 3, 4, 7, 5, 6, 8, 9, 10], extents: [1, 2], ratio: 20 },
    { arrivals: [1, 2, 3, 7, 8, 9, 10, 4, 5, 6, 11], extents: [4, 5, 6], ratio: 300 / 11 },
    // A gap is loss and no reordering.
    { arrivals: [1, 3, 5], extents: [], ratio: 0 },
    { arrivals: [5, 4, 3, 2, 1], extents: [1, 2, 3, 4], ratio: 80 },
    // Copies are left out: the second 2 is none, and neither does it count as received.
    { arrivals: [1, 2, 2, 3], extents: [], ratio: 0 },
  ]
  for (const { arrivals, extents, ratio } of cases) {
    const figures = arriving(...arrivals)
    assert.is(valueIn(figures, 'reordered'), extents.length, String(arrivals))
    assert.is(valueIn(figures, 'reordered-ratio'), ratio, String(arrivals))
    assert.equal(extentsOf(figures), [...extents], String(arrivals))
  }
})

test('extents are those of the definition, taken word by word', () => {
  const bySpelling = (arrivals: readonly number[]) =>
    arrivals.flatMap((packet, i) => {
      const j = arrivals.findIndex((earlier, at) => at < i && earlier > packet)
      return j === -1 ? [] : [i - j]
    })
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), arrivals => {
      assert.equal(
        extentsOf(arriving(...arrivals)),
        bySpelling(arrivals).toSorted((a, b) => a - b),
      )
    }),
  )
})

test('a lost packet is infinitely late: percentiles of the delay know it, the mean does not', () => {
  const figures = figuresOf({ delays: Float64Array.of(100, lost, 110, 90) })
  assert.is(valueIn(figures, 'one-way-delay.min'), 90)
  assert.is(valueIn(figures, 'one-way-delay.p50'), 100)
  assert.is(valueIn(figures, 'one-way-delay.p75'), 110)
  assert.is(valueIn(figures, 'one-way-delay.p99'), lost)
  assert.is(valueIn(figures, 'one-way-delay.mean'), 100)
  assert.is(valueIn(figures, 'one-way-delay.max'), 110)
  assert.is(valueIn(figures, 'one-way-packet-loss'), 1)
  assert.is(valueIn(figures, 'one-way-packet-loss-ratio'), 25)
  assert.is(formatFigure('time', lost), 'infinite')
})

test('the delay variation is that of neighbours, signed, and undefined beside a loss', () => {
  const figures = figuresOf({ delays: Float64Array.of(100, 130, lost, 90, 80, Number.NaN, 70, 75) })
  const ipdv = figures.get('ipdv')
  assert.equal(ipdv?.shape === 'spread' && [...ipdv.samples], [30, -10, 5])
  assert.is(figuresOf({ delays: Float64Array.of(100, lost) }).get('ipdv'), undefined)
})

test('the uncertainty adds the largest offsets of both clocks', () => {
  const uncertainty = (clocks: ClockOffsets | undefined) =>
    valueIn(figuresOf({ delays: Float64Array.of(1) }, clocks), 'one-way-delay-uncertainty')
  assert.is(uncertainty({ sender: [5n, -12n, 3n], receiver: [-7n, 2n] }), 19)
  assert.is(uncertainty({ sender: [], receiver: [1n] }), undefined)
  assert.is(uncertainty(undefined), undefined)
})

test('duplicates are counted per packet, and not at all from a log that cannot show them', () => {
  const made = { sent: 3, arrivals: Uint32Array.of(0, 1, 1, 1, 2, 0) }
  assert.is(valueIn(figuresOf(made), 'one-way-packet-duplication'), 2)
  assert.is(figuresOf(made, undefined, false).has('one-way-packet-duplication'), false)
})

const packet = (tx: bigint, rx: bigint, over: PacketTimes = {}): PacketTimes => ({
  txHardware: tx,
  txSoftware: tx,
  txSched: tx,
  rxHardware: rx,
  arrival: rx + 50n,
  ...over,
})
const traceFrom = (...packets: readonly PacketTimes[]) => traceOf(decodeDat(datBytes({ packets }), 'x'))

test('a packet log of isochron gives delays from wire to wire and the order of arrival', () => {
  const made = traceFrom(
    packet(1000n, 1100n),
    packet(2000n, 9000n),
    packet(3000n, 3110n, { received: false }),
    packet(4000n, 4090n),
  )
  assert.equal([...(made?.delays ?? [])], [100, 7000, lost, 90])
  assert.equal([...(made?.arrivals ?? [])], [0, 3, 1])
  assert.is(made?.sent, 4)
})

test('without a stamp on the wire the delay is unknown, and the program says in which order they came', () => {
  const made = traceFrom(
    packet(1000n, 0n, { arrival: 20n }),
    packet(2000n, 2100n, { arrival: 10n }),
    packet(0n, 3000n, { arrival: 30n }),
  )
  assert.equal([...(made?.delays ?? [])], [Number.NaN, 100, Number.NaN])
  assert.equal([...(made?.arrivals ?? [])], [1, 0, 2])
})

test('while the fate of a packet is unknown there is no trace', () => {
  assert.is(traceFrom(packet(1000n, 1100n), packet(2000n, 2100n, { seqid: 0, received: false })), undefined)
})

test('every figure has a description', () => {
  const figures = rfcFiguresOf(
    { sent: 4, delays: Float64Array.of(1, 2, 3, lost), arrivals: Uint32Array.of(1, 0, 2) },
    { clocks: { sender: [1n], receiver: [1n] }, showsDuplicates: true },
  )
  assert.equal([...figures.keys()].sort(), Object.keys(rfcFigures).sort())
  for (const [name, { kind, shape }] of figures)
    assert.equal([kind, shape], [rfcFigures[name].kind, rfcFigures[name].shape], name)
})

test.run()
