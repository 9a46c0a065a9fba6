import * as assert from 'uvu/assert'
import { gateLines } from '../../src/output/gate-lines.ts'
import { lineWidth } from '../../src/output/line.ts'
import type { View } from '../../src/output/view.ts'
import { ns } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('output/gate-lines')

test('a host that follows NTP shows its system clock, and is not asked for a PHC or a PTP port', () => {
  const readings = [
    { host: 'A', source: 'chrony', link: 'up', systemOffset: ns(12_000n), uncertainty: ns(40_000n) },
    { host: 'B', source: 'pmc', link: 'up', portState: 'SLAVE', phcOffset: ns(3n), systemOffset: ns(-4n) },
    { host: 'C', source: 'chrony', link: 'down', failures: ['chronyd does not answer'] },
  ] as const
  const hosts = readings.map(reading => ({ reading, reasons: 'failures' in reading ? reading.failures : [] }))
  const view = { gate: { sinceMs: 0, last: { hosts, limit: ns(1_000_000n) } } } as unknown as View
  const lines = gateLines(view, 5)
  const texts = lines.map(line =>
    line
      .map(({ text }) => text)
      .join('')
      .replaceAll(/ +/g, ' ')
      .trim(),
  )
  assert.match(texts[0] ?? '', /^A sys \+?12\S* chrony$/)
  assert.match(texts[1] ?? '', /^B PHC \S+ sys \S+ SLAVE$/)
  assert.match(texts[2] ?? '', /^C sys \? link down chronyd does not answer$/)
  assert.ok(lines.every(line => lineWidth(line) > 0))
})

test.run()
