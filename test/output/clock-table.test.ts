import { readFileSync, writeFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { type ClockHistory, clockLine, clockTable, remember } from '../../src/output/clock-table.ts'
import { lineWidth, plainText } from '../../src/output/line.ts'
import { symbolsFor } from '../../src/output/symbols.ts'
import type { HostLook } from '../../src/runner/watch/watch-clocks.ts'
import type { SyncReading } from '../../src/sync/reading.ts'
import { ns } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('output/clock-table')
const symbols = symbolsFor({ LANG: 'C.UTF-8' })

const slave = (host: string, offset: bigint): SyncReading => ({
  host,
  ...{ source: 'pmc', link: 'up', portState: 'SLAVE', grandmaster: '02ae1b.fffe.550101', utcOffset: 37 },
  ...{ phcOffset: ns(offset), pathDelay: ns(498n), frequency: -18_180, systemOffset: ns(-31n) },
})

/** What eight looks at a small lab gave. */
const looks: readonly (readonly HostLook[])[] = [12n, -4n, 30n, -56n, 8n, 0n, 1_200n, -12n].map((offset, i) => [
  { host: 'A', rows: [{ keeper: 'ptp4l eth0', reading: slave('A', offset) }] },
  {
    host: 'B',
    rows: [
      { keeper: 'ptp4l eth0', reading: { ...slave('B', -offset), portState: 'UNCALIBRATED' } },
      {
        keeper: 'ptp4l eth1',
        reading: { host: 'B', source: 'pmc', link: 'down', failures: ['ptp4l does not answer'] },
      },
    ],
  },
  i === 4
    ? { host: 'C', error: new LockstepError('SSH_LOST', 'the connection to C is lost') }
    : {
        host: 'C',
        rows: [
          {
            keeper: 'chronyd',
            reading: {
              ...{ host: 'C', source: 'chrony', link: 'up', ntpSource: '192.0.2.1, stratum 3' },
              ...{ systemOffset: ns(-2_422n * offset), uncertainty: ns(830_000n) },
            },
          },
        ],
      },
  { host: 'D', error: new LockstepError('SSH_UNREACHABLE', 'no answer from port 22 of 198.18.1.14') },
])

const historyOf = (all: typeof looks) => all.reduce<ClockHistory>(remember, new Map())
const shown = (columns: number, reasons?: ReadonlyMap<string, readonly string[]>) =>
  clockTable(looks.at(-1) ?? [], { history: historyOf(looks), reasons, columns, symbols })

test('the screen of sync --watch, as it was seen in tmux', () => {
  const file = 'test/fixtures/screens/sync-watch.txt'
  const screen = `${shown(110).map(plainText).join('\n')}\n`
  if (process.env['LOCKSTEP_REFRESH'] !== undefined) writeFileSync(file, screen)
  assert.fixture(screen, readFileSync(file, 'utf8'))
})

test('is never wider than the screen', () => {
  for (const columns of [30, 60, 79]) assert.ok(shown(columns).every(line => lineWidth(line) < columns))
})

test('who is out is said and shown', () => {
  const [, a, b] = shown(200, new Map([['B ptp4l eth0', ['its PTP port is UNCALIBRATED, not yet SLAVE or MASTER']]]))
  assert.is(a?.[0]?.style, 'green')
  assert.is(b?.[0]?.style, 'red')
  assert.match(plainText(b ?? []), /its PTP port is UNCALIBRATED/)
})

test('a look that a host has missed is a gap in its trend', () => {
  const values = historyOf(looks).get('C chronyd')
  assert.is(values?.length, 8)
  assert.is(values?.[4], undefined)
})

test('a clock in one line, for whoever has no screen', () => {
  const reading = slave('A', 12n)
  assert.is(
    clockLine('A', { keeper: 'ptp4l eth0', reading }),
    'A  ptp4l eth0  SLAVE  offset +12ns  path 498ns  freq -18180 ppb  system -31ns  02ae1b.fffe.550101',
  )
})

test.run()
