import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { judgeLogs } from '../../src/report/judge-logs.ts'
import { decodeDat } from '../../src/stats/dat-file.ts'
import { withFolder } from '../fixtures/made-run.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('report/judge-logs')

const reading = (host: string, phcOffset: string | undefined, attempt = 2, phase = 'traffic') =>
  `${JSON.stringify({ at: '2026-03-01T09:00:00.000Z', host, phase, attempt, phcOffset, ok: true, reasons: [] })}\n`
const readings = [
  reading('A', '90000', 1),
  reading('A', '70000', 2, 'gate'),
  reading('A', '-40'),
  reading('A', '25'),
  reading('C', '7'),
  reading('B', '99000'),
].join('')

const at = { file: 'x.yml', line: 1, column: 1 }
const judged = (sync: string) =>
  withFolder(
    { 'flows/a.dat': readFileSync('test/fixtures/dat/thousand-a.dat'), 'sync.ndjson': sync },
    async folder =>
      await judgeLogs({
        folder,
        flows: [{ name: 'a', file: 'flows/a.dat', ends: { from: 'A', to: 'C' } }],
        expect: [
          { text: 'x', flows: 'a', figure: 'one-way-delay-uncertainty', statistic: undefined, op: '<=', limit: 47, at },
          { text: 'y', flows: 'a', figure: 'one-way-delay', statistic: 'mean', op: '<', limit: 1, at },
        ],
        valid: [{ text: 'z', flows: '*', figure: 'lost', statistic: undefined, op: '>', limit: 0, at }],
        withSummary: false,
      }),
  )

test("the IETF's figures stand beside those of isochron and can be expected", async () => {
  const { flows, expectations, conditions } = await judged(readings)
  const [{ figures = {}, kinds = {} } = {}] = flows
  for (const statistic of ['min', 'mean', 'max'])
    assert.is(
      Number(figures[`one-way-delay.${statistic}`]).toFixed(0),
      Number(figures[`path-delay.${statistic}`]).toFixed(0),
    )
  assert.is(figures['one-way-packet-loss'], figures['lost'])
  assert.is(figures['reordered'], '0')
  assert.is(figures['one-way-packet-duplication'], undefined)
  // The worst of either clock while the traffic of the last attempt flowed.
  assert.equal([figures['one-way-delay-uncertainty'], kinds['one-way-delay-uncertainty']], ['47', 'time'])
  assert.is(kinds['path-delay'], undefined)
  assert.equal(
    expectations.map(({ outcome }) => outcome),
    ['met', 'not met'],
  )
  // A condition is no expectation.
  assert.equal(conditions, [{ expectation: 'z', flow: 'a', value: '0', outcome: 'not met' }])
})

test('without readings of both clocks the uncertainty is not measured', async () => {
  for (const sync of ['', reading('A', '5'), reading('A', '5') + reading('C', undefined)]) {
    const { flows, expectations } = await judged(sync)
    assert.is(flows[0]?.figures['one-way-delay-uncertainty'], undefined)
    assert.is(expectations[0]?.outcome, 'not measured')
  }
})

test('statistics that somebody will ask for are kept, of what has no packet log', async () => {
  const rtt = { shape: 'spread', kind: 'time', said: {}, samples: Float64Array.from([5, 1, 4, 2, 3]) } as const
  const flow = { name: 'a', file: undefined, figures: new Map([['rtt', rtt]]) }
  const task = { folder: '/nowhere', flows: [flow], expect: [], valid: [], withSummary: false }
  const { flows } = await judgeLogs({ ...task, keep: ['p20', 'p50'] })
  assert.equal(flows[0]?.figures, {
    'rtt.min': '1',
    'rtt.mean': '3',
    'rtt.max': '5',
    'rtt.stddev': '1.414',
    'rtt.p50': '3',
    'rtt.p99': '5',
    'rtt.p20': '1',
  })
})

test('a log at hand is judged as its file is, and needs no file', async () => {
  const bytes = readFileSync('test/fixtures/dat/thousand-a.dat')
  const flow = { name: 'a', file: 'flows/a.dat', ends: { from: 'A', to: 'C' } }
  const task = { expect: [], valid: [], withSummary: true }
  await withFolder({ 'flows/a.dat': bytes, 'sync.ndjson': readings }, async folder => {
    const read = await judgeLogs({ ...task, folder, flows: [flow] })
    rmSync(join(folder, 'flows/a.dat'))
    const log = decodeDat(bytes, 'a')
    assert.equal(await judgeLogs({ ...task, folder, flows: [{ ...flow, log }] }), read)
  })
})

test.run()
