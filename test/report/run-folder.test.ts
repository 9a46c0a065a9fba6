import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { readRunFolder } from '../../src/report/run-folder.ts'
import { renderText } from '../../src/report/text.ts'
import type { StepAtHost } from '../../src/runner/events.ts'
import type { FlowResult } from '../../src/runner/result.ts'
import { decodeDat } from '../../src/stats/dat-file.ts'
import { measure } from '../../src/stats/figures.ts'
import { figuresInWords } from '../../src/stats/figures-in-words.ts'
import { ns } from '../../src/units/quantity.ts'
import {
  eventLines,
  type Files,
  flowOutlines,
  moment,
  resultJson,
  startedRun,
  withFolder,
} from '../fixtures/made-run.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('run folder')

const logs = { a: readFileSync('test/fixtures/dat/thousand-a.dat'), b: readFileSync('test/fixtures/dat/small-b.dat') }
const flows: FlowResult[] = flowOutlines.map(outline => {
  const { sent, received, figures } = measure(decodeDat(logs[outline.name], outline.name))
  return { ...outline, file: `flows/${outline.name}.dat`, sent, received, figures: figuresInWords(figures) }
})
const ended = {
  kind: 'run_ended',
  verdict: 'pass',
  exitCode: 0,
  reasons: [],
  folder: 'runs/x',
  tookMs: 31_200,
} as const
const whole: Files = {
  'result.json': resultJson({ flows }),
  'events.ndjson': eventLines([startedRun, ended]),
  'flows/a.dat': logs.a,
  'flows/b.dat': logs.b,
}

const textOf = (files: Files) =>
  withFolder(files, folder => renderText(readRunFolder(folder)).replaceAll(folder, 'RUN').split('\n'))
const refuses = (files: Files, message: RegExp) =>
  withFolder(files, folder =>
    assert.throws(
      () => readRunFolder(folder),
      (error: unknown) => error instanceof LockstepError && error.code === 'USAGE_FILE' && message.test(error.message),
    ),
  )

test('a passed run shows verdict, flows, expectations and files', async () => {
  const expectations = [{ expectation: 'lost == 0', flow: 'a', value: '0', outcome: 'met' }] as const
  assert.equal(await textOf({ ...whole, 'result.json': resultJson({ flows, expectations }) }), [
    'PASS  Two senders, one receiver',
    '2026-11-21 22:14:00 UTC, took 31.2s, exit 0',
    '',
    'flow  from  to  sent  lost  path-delay            wakeup-latency             sender-latency            arrival-latency',
    '                                  mean       max            mean        max            mean       max             mean       max',
    'a     A     C   1000     0      2.07us  18.499us        75.801us  159.814us         5.552us   41.58us         12.581us  80.137us',
    'b     B     C    100     0     3.637us  17.164us        65.859us  147.427us         7.415us  22.455us         27.097us   1.017ms',
    '',
    'met  lost == 0  a: 0',
    '',
    'packet log  RUN/flows/a.dat',
    'packet log  RUN/flows/b.dat',
    'folder      RUN',
    '',
  ])
})

test('a failed run says why, and which attempts were void', async () => {
  const lines = await textOf({
    ...whole,
    'result.json': resultJson({
      verdict: 'fail',
      exitCode: 1,
      reasons: ['a: path-delay.max < 10us, got 18.499us'],
      attempts: [
        { attempt: 1, valid: false, reasons: ['C: PHC 50us ahead', 'link down'] },
        { attempt: 2, valid: true, reasons: [] },
      ],
      flows,
    }),
    'attempts/1/a.dat': logs.a,
    'attempts/1/b.receiver-log': '',
  })
  assert.equal(lines.slice(0, 4), [
    'FAIL  Two senders, one receiver',
    '  a: path-delay.max < 10us, got 18.499us',
    '2026-11-21 22:14:00 UTC, took 31.2s, 2 attempts, exit 1',
    'attempt 1 was void: C: PHC 50us ahead; link down',
  ])
  assert.ok(lines.includes('void        RUN/attempts/1/a.dat'))
  assert.ok(lines.includes('void        RUN/attempts/1/b.receiver-log'))
})

test('figures that are not zero get a column, figures that nobody measured a dash', async () => {
  const few = [
    { ...flows[0], figures: { ...flows[0]?.figures, 'not-stamped': '3', 'deadline-misses': '2' } } as FlowResult,
    { ...flowOutlines[1], missing: ['receiver: the connection was closed'], figures: {} },
  ]
  const lines = await textOf({ ...whole, 'result.json': resultJson({ flows: few }), 'flows/b.dat': '' })
  assert.match(lines.join('\n'), /sent {2}lost {2}not-stamped {2}deadline-misses {2}path-delay/)
  assert.match(lines.join('\n'), /\nb +B +C +- +- +- +- +- /)
})

test('a run that was cut off in traffic says that its packet logs are gone', async () => {
  const lines = await textOf({
    'events.ndjson': eventLines([
      startedRun,
      { kind: 'phase_started', phase: 'traffic' },
      { kind: 'attempt_started', attempt: 2, of: 3 },
      { kind: 'traffic_started', attempt: 2, flows: [], lastsMs: 1000 },
    ]),
  })
  assert.equal(lines.slice(0, 5), [
    'CUT OFF  Two senders, one receiver',
    `  the run was cut off in phase traffic: last heard of at ${moment(3000)}`,
    '  a: the packet logs of attempt 2 are gone: the run was cut off before they were collected',
    '  b: the packet logs of attempt 2 are gone: the run was cut off before they were collected',
    '2026-11-21 22:14:00 UTC, took 3s',
  ])
})

const began = { kind: 'step_started', step: 2, name: 'Load the driver', hosts: ['A', 'B', 'C'] } as const
const done = { kind: 'step_host', step: 2, outcome: 'changed', tries: 1, tookMs: 5 } as const
for (const [where, events, said] of [
  ['in a step', [began], ', in step 2, Load the driver, on A, B, C'],
  [
    'in a step that some hosts had done',
    [began, { ...done, host: 'A' }, { ...done, host: 'B', item: 'x', left: 1 }],
    ', in step 2, Load the driver, on B, C',
  ],
  [
    'after a step',
    [
      began,
      {
        kind: 'step_ended',
        step: 2,
        name: 'x',
        tookMs: 5,
        counts: { ok: 0, changed: 0, skipped: 0, failed: 0, ignored: 0 },
      },
    ],
    '',
  ],
] as const)
  test(`a run that was cut off ${where} says so`, async () => {
    const lines = await textOf({
      'events.ndjson': eventLines([startedRun, { kind: 'phase_started', phase: 'setup' }, ...events]),
    })
    assert.is(
      lines[1],
      `  the run was cut off in phase setup${said}: last heard of at ${moment(1000 + 1000 * events.length)}`,
    )
    assert.match(lines.join('\n'), /^step 2 {2}setup {2}Load the driver {2}/m)
  })

test('captures come with what they hold and what they lack, and their files', async () => {
  const at = { interface: 'eth0', timestamps: 'host', precision: 'ns' } as const
  const captures = [
    { host: 'A', ...at, file: 'captures/A.pcap', packets: 40, octets: 3_264, captured: 40, dropped: 0 },
    {
      ...{
        host: 'long-name',
        ...at,
        file: 'captures/long-name.pcap',
        packets: 17,
        octets: 1_400,
        captured: 100,
        dropped: 3,
      },
      ...{ droppedByInterface: 2, full: true as const },
    },
    { host: 'C', ...at, packets: 0, fault: 'the connection to C broke off' },
  ]
  const lines = await textOf({
    'result.json': resultJson({ captures }),
    'events.ndjson': eventLines([startedRun]),
    'attempts/1/A.pcap': '',
  })
  const [table, files] = [
    lines.indexOf('capture    at    packets  octets  dropped  timestamps'),
    lines.indexOf('capture     RUN/captures/A.pcap'),
  ]
  assert.equal(lines.slice(table, table + 4), [
    'capture    at    packets  octets  dropped  timestamps',
    'A          eth0       40    3264        0  host',
    'long-name  eth0       17    1400        3  host        2 more dropped by the interface; cut by its bound: 83 of 100 packets are not in it',
    'C          eth0        0       -        -  host        the connection to C broke off',
  ])
  assert.equal(lines.slice(files, files + 3), [
    'capture     RUN/captures/A.pcap',
    'capture     RUN/captures/long-name.pcap',
    'void        RUN/attempts/1/A.pcap',
  ])
})

test('steps come with counts and with why, those that failed first', async () => {
  const at = (host: string, outcome: StepAtHost['outcome'], reason?: string): StepAtHost => ({
    ...{ host, outcome, tries: 1, tookMs: 5 },
    ...(reason === undefined ? {} : { reason }),
  })
  const step = (number: number, name: string, ...hosts: StepAtHost[]) => ({
    ...{ step: number, name, phase: number === 4 ? 'after' : 'setup', tookMs: 1234, hosts },
  })
  const steps = [
    step(1, 'Look', at('A', 'ok'), at('B', 'skipped')),
    step(2, 'Maybe', at('A', 'ignored', 'exit status 5')),
    step(3, 'Load', at('A', 'changed'), at('B', 'failed', 'exit status 1')),
    step(4, 'Unload', at('A', 'changed'), at('B', 'changed')),
  ]
  const lines = await textOf({ ...whole, 'result.json': resultJson({ flows, steps }) })
  assert.equal(lines.slice(3, 9), [
    'step 3  setup  Load    1 changed, 1 failed  1.2s',
    '  B: exit status 1',
    'step 1  setup  Look    1 ok, 1 skipped      1.2s',
    'step 2  setup  Maybe   1 ignored            1.2s',
    '  A: ignored: exit status 5',
    'step 4  after  Unload  2 changed            1.2s',
  ])
})

test('a run that was cut off after its logs were written gives their figures all the same', async () => {
  const { 'result.json': _, ...rest } = whole
  const lines = await textOf({
    ...rest,
    'events.ndjson': eventLines([
      startedRun,
      { kind: 'judged', expectation: 'lost == 0', flow: 'a', value: '0', outcome: 'met' },
      { kind: 'phase_started', phase: 'cleanup' },
    ]),
  })
  assert.match(lines[1] ?? '', /cut off in phase cleanup/)
  assert.match(lines.join('\n'), /\na +A +C +1000 +0 +2\.07us/)
  assert.ok(lines.includes('met  lost == 0  a: 0'))
})

test('a run that was cut off before traffic has nothing to collect', async () => {
  const lines = await textOf({ 'events.ndjson': eventLines([startedRun, { kind: 'phase_started', phase: 'sync' }]) })
  assert.is(lines[2], '  a: no packet log, no traffic was sent')
})

test('an end that could not be read says why', async () => {
  const { 'flows/a.dat': _, ...rest } = whole
  const reason = 'the host is lost'
  const lines = await textOf({
    ...rest,
    'result.json': resultJson({ verdict: 'invalid', exitCode: 3, flows: [{ ...flowOutlines[0], figures: {} }] }),
    'events.ndjson': eventLines([startedRun, { kind: 'not_collected', flow: 'a', end: 'receiver', reason }, ended]),
  })
  assert.is(lines[1], '  a: no packet log (receiver: the host is lost)')
})

test('a last line that was cut off is said and does not hide the others', async () => {
  const lines = await textOf({
    ...whole,
    'sync.ndjson': '{"host":"A"}\n{"host":"B","at',
    'events.ndjson': `${whole['events.ndjson']}{"kind`,
  })
  assert.equal(lines.slice(1, 3), ['  events.ndjson: a line not whole', '  sync.ndjson: a line not whole'])
})

test('a broken packet log does not hide the other flow', async () => {
  const bare = flows.map(flow => ({ ...flow, figures: {} }))
  const lines = await textOf({
    ...whole,
    'result.json': resultJson({ flows: bare }),
    'flows/a.dat': logs.a.subarray(0, 500),
  })
  assert.match(lines[1] ?? '', /flows\/a\.dat ends at byte 48096, the file at 500/)
  assert.match(lines.join('\n'), /\nb +B +C +100 +0 +3\.637us/)
})

test('the limit of the gate and the readings come from the files', () =>
  withFolder(
    {
      ...whole,
      'events.ndjson': eventLines([
        startedRun,
        { kind: 'gate_round', round: 1, good: 1, needed: 3, limit: ns(100n), limits: { B: ns(1000n) }, hosts: [] },
        ended,
      ]),
      'sync.ndjson': `${JSON.stringify({ at: moment(500), phase: 'traffic', attempt: 1, host: 'A', source: 'isochron', phcOffset: '-12', ok: true, reasons: [] })}\n`,
    },
    folder => {
      const { gateLimit, sync } = readRunFolder(folder)
      assert.equal([gateLimit('A'), gateLimit('B')], [100n, 1000n])
      assert.equal(sync, [
        {
          host: 'A',
          atMs: Date.parse(moment(500)),
          phase: 'traffic',
          phcOffset: -12n,
          systemOffset: undefined,
          ok: true,
        },
      ])
    },
  ))

test('what is no run folder is refused', async () => {
  await refuses({ 'a.dat': logs.a }, /is no run folder/)
  await refuses({ 'result.json': '{' }, /result\.json is not JSON/)
  await refuses({ 'result.json': 'null' }, /holds null/)
  await refuses(
    { 'result.json': '{"name":"x"}' },
    /reasons, attempts, flows, expectations, hosts, lockstep, playbook, started/,
  )
  assert.throws(() => readRunFolder('/nowhere/at/all'), /cannot read the run folder .*: there is no such folder/)
})

test('control characters of strangers do not reach the terminal', async () => {
  const lines = await textOf({ ...whole, 'result.json': resultJson({ name: 'red \u001b[31m\nalert', flows }) })
  assert.is(lines[0], 'PASS  red  [31m alert')
})

test.run()
