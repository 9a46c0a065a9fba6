import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { type ExperimentRecord, readExperiment } from '../../src/report/experiment-folder.ts'
import type { Happening } from '../../src/runner/events.ts'
import type { ExperimentHappening } from '../../src/runner/experiment-log.ts'
import type { FlowResult } from '../../src/runner/result.ts'
import { cellTable } from '../../src/stats/cell-table.ts'
import { eventLines, type Files, resultJson, startedRun, withFolder } from '../fixtures/made-run.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('report/experiment-folder')

const dat = readFileSync('test/fixtures/dat/thousand-a.dat')
const wanted = [
  { figure: 'lost', statistic: undefined },
  { figure: 'path-delay', statistic: 'p99.9' },
]
const flow: FlowResult = {
  name: 'a',
  from: 'A',
  to: 'C',
  tool: 'isochron',
  file: 'flows/a.dat',
  figures: { lost: '0' },
}
const ended = { kind: 'run_ended', verdict: 'pass', exitCode: 0, reasons: [], folder: 'x', tookMs: 1 } as const

const run = (at: string, over: Parameters<typeof resultJson>[0] = {}, more: readonly Happening[] = []): Files => ({
  [`${at}result.json`]: resultJson({ flows: [flow], ...over }),
  [`${at}events.ndjson`]: eventLines([startedRun, ...more, ended]),
  [`${at}flows/a.dat`]: dat,
})
const log = (happenings: readonly ExperimentHappening[]) => happenings.map(each => `${JSON.stringify(each)}\n`).join('')
const started: ExperimentHappening = {
  kind: 'experiment_started',
  warmup: 1,
  configurations: [
    { id: 'x=2', digest: '2' },
    { id: 'x=1', digest: '1' },
  ],
}
const place = { number: 1, of: 1 }
const cell = (id: string, folder: string, verdict?: 'pass' | 'fail' | 'invalid', run = 1): ExperimentHappening[] => [
  { kind: 'cell_started', cell: id, run, folder, ...place },
  {
    kind: 'cell_ended',
    cell: id,
    run,
    folder,
    ...place,
    reasons: [],
    tookMs: 9,
    ...(verdict === undefined ? {} : { verdict }),
  },
]
const read = <T>(files: Files, use: (record: ExperimentRecord, folder: string) => T) =>
  withFolder(files, folder => use(readExperiment(folder, wanted), folder))

test('a single run is read as one cell, with statistics that its result does not keep', () =>
  read(run(''), ({ configurations, readings, damage }, folder) => {
    assert.equal([configurations, damage], [['run'], []])
    const [reading] = readings
    assert.equal(
      [reading?.cell, reading?.configuration, reading?.flow, reading?.file, reading?.invalid],
      ['run@1', 'run', 'a', `${folder}/flows/a.dat`, []],
    )
    assert.is(typeof reading?.figures?.get('path-delay')?.value('p99.9'), 'bigint')
    assert.is(reading?.figures?.get('path-delay')?.value('mean'), undefined, 'what is not wanted is not kept')
  }))

test('an experiment is read cell by cell, from the folder of the run that counts', () =>
  read(
    {
      'events.ndjson': `${log([
        started,
        ...cell('x=1@w1', 'cells/x=1@w1', 'pass'),
        ...cell('x=1@1', 'cells/x=1@1'),
        ...cell('x=1@1', 'cells/x=1@1.2', 'fail', 2),
        ...cell('x=2@1', 'cells/x=2@1', 'pass'),
        { kind: 'cell_started', cell: 'x=2@2', run: 1, folder: 'cells/x=2@2', ...place },
      ])}{"kind":"cell_en`,
      ...run('cells/x=1@w1/'),
      ...run('cells/x=1@1/', { verdict: 'invalid', reasons: ['interrupted'] }),
      ...run('cells/x=1@1.2/', { verdict: 'fail' }),
      ...run('cells/x=2@1/'),
    },
    ({ path, configurations, readings, unfinished, damage }) => {
      assert.equal(
        readings.map(each => [each.cell, each.file.slice(path.length), each.invalid.length]),
        [
          ['x=1@1', '/cells/x=1@1.2/flows/a.dat', 0],
          ['x=2@1', '/cells/x=2@1/flows/a.dat', 0],
        ],
      )
      assert.equal([unfinished, damage], [['x=2@2'], []])
      assert.equal(
        cellTable(readings, configurations).rows.map(({ configuration, cells }) => `${configuration} ${cells}`),
        ['x=2 1', 'x=1 1'],
      )
    },
  ))

test('a run counts unless its traffic was void or something went wrong', async () => {
  const attempts = [{ attempt: 1, valid: true, reasons: [] }]
  const voids = [{ attempt: 1, valid: false, reasons: ['sync lost'] }]
  const problem: Happening = { kind: 'problem', problem: { code: 'STEP_PROCESS', message: 'rcv died' } }
  const cases: [Parameters<typeof resultJson>[0], Happening[], string[]][] = [
    [{ verdict: 'fail', attempts }, [], []],
    [{ verdict: 'invalid', attempts, reasons: ['a: x was not measured'] }, [], []],
    [{ verdict: 'invalid', attempts: voids, reasons: ['sync lost'] }, [], ['sync lost']],
    [{ verdict: 'invalid', attempts, reasons: ['rcv died'] }, [problem], ['rcv died']],
    [{ verdict: 'invalid', attempts: [], reasons: ['no gate'] }, [], ['no gate']],
  ]
  for (const [over, more, invalid] of cases)
    await read(run('', over, more), ({ readings }) => assert.equal(readings[0]?.invalid, invalid))
  const { 'result.json': _, ...cut } = run('')
  await read(cut, ({ readings }) => assert.equal(readings[0]?.invalid, ['the run was cut off']))
})

test('without a packet log the result speaks; without either nothing does', async () => {
  const { 'flows/a.dat': _, ...without } = run('')
  await read(without, ({ readings, damage }) => {
    assert.is(readings[0]?.figures?.get('lost')?.value(undefined), 0n)
    assert.is(damage.length, 1)
  })
  const nothing = { ...flow, file: undefined, figures: {} }
  const { file: _file, ...bare } = nothing
  await read({ 'result.json': resultJson({ flows: [bare] }) }, ({ readings }, folder) => {
    assert.is(readings[0]?.figures, undefined)
    assert.is(readings[0]?.file, `${folder}/result.json`)
  })
})

test('a cell whose folder is gone is damage, and a folder that no run wrote is refused', async () => {
  const files = {
    'events.ndjson': log([started, ...cell('x=1@1', 'cells/gone', 'pass'), ...cell('x=2@1', 'cells/x=2@1', 'pass')]),
  }
  await read({ ...files, ...run('cells/x=2@1/') }, ({ readings, damage }) => {
    assert.equal(
      readings.map(each => each.cell),
      ['x=2@1'],
    )
    assert.match(damage.join(), /cannot read the run folder .*cells\/gone: there is no such folder/)
  })
  await withFolder({ 'x.txt': '' }, folder => assert.throws(() => readExperiment(folder, wanted), /is no run folder/))
})

test.run()
