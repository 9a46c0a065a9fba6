import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { experimentIn } from '../../src/report/cell-results.ts'
import { writeHtmlReport } from '../../src/report/html.ts'
import { readRunFolder } from '../../src/report/run-folder.ts'
import { renderText } from '../../src/report/text.ts'
import type { Verdict } from '../../src/runner/events.ts'
import type { ExperimentHappening } from '../../src/runner/experiment-log.ts'
import { type Files, resultJson, withFolder } from '../fixtures/made-run.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('report/cell-results')

interface MadeCell {
  readonly rate: number
  readonly verdict?: Verdict
  readonly reasons?: readonly string[]
}

function madeExperiment(cells: Readonly<Record<string, MadeCell>>): Files {
  const started: ExperimentHappening = {
    ...{ kind: 'experiment_started', warmup: 1 },
    configurations: ['parallel=1', 'parallel=2'].map(id => ({ id, digest: id })),
  }
  const happenings = Object.entries(cells).flatMap(([cell, { verdict = 'pass', reasons = [] }]) => {
    const run = { cell, run: 1, number: 1, of: 9, folder: `cells/${cell}` }
    return [
      { kind: 'cell_started', ...run },
      { kind: 'cell_ended', ...run, verdict, reasons, tookMs: 9 },
    ]
  })
  const folders = Object.entries(cells).map(([cell, { rate, verdict = 'pass' }]) => {
    const flow = { name: 'f', from: 'A', to: 'C', tool: 'iperf3', kinds: { received: 'rate' } } as const
    const flows = [{ ...flow, figures: { received: String(rate) } }]
    return [`cells/${cell}/result.json`, resultJson({ verdict, flows })] as const
  })
  return {
    'events.ndjson': [started, ...happenings].map(each => `${JSON.stringify(each)}\n`).join(''),
    'result.json': resultJson({ flows: [], expectations: [] }),
    ...Object.fromEntries(folders),
  }
}

const cells: Readonly<Record<string, MadeCell>> = {
  'parallel=1@w1': { rate: 1 },
  'parallel=1@1': { rate: 100e6 },
  'parallel=2@1': { rate: 300e6 },
  'parallel=1@2': { rate: 120e6 },
  'parallel=2@2': { rate: 1, verdict: 'invalid', reasons: ['sync was lost'] },
}

test('the table has the medians of valid cells with their unit, without warm-ups', () =>
  withFolder(madeExperiment(cells), folder => {
    const { table, cells: all } = experimentIn(folder) ?? never()
    assert.equal(
      table.rows.map(({ configuration, valid, cells: count, entries }) => [
        configuration,
        valid,
        count,
        entries[0]?.median,
      ]),
      [
        ['parallel=1', 2, 2, 110e6],
        ['parallel=2', 1, 2, 300e6],
      ],
    )
    assert.equal(
      table.columns.map(({ figure, unit }) => [figure, unit]),
      [['received', 'bit/s']],
    )
    assert.is(all.length, 5)
  }))

const never = (): never => {
  throw new Error('the folder is that of an experiment')
}

test('a single run is no experiment', () =>
  withFolder({ 'result.json': resultJson() }, folder => {
    assert.is(experimentIn(folder), undefined)
  }))

test('the page lists every cell with a link to its own, and the table is there as CSV and JSON', () =>
  withFolder(madeExperiment(cells), async folder => {
    const files = await writeHtmlReport(folder)
    assert.equal(
      files,
      ['report.html', 'cells.csv', 'cells.json'].map(each => join(folder, each)),
    )
    const page = readFileSync(join(folder, 'report.html'), 'utf8')
    assert.is(page.match(/href="cells\/parallel%3D[^"]*\/report\.html"/g)?.length, 5)
    assert.match(page, />invalid<\/td><td class="text wide">sync was lost</)
    const csv = readFileSync(join(folder, 'cells.csv'), 'utf8').split('\r\n')
    // 12.706 is Student's t of 97.5 % with one degree of freedom; the standard error is 10 Mbit/s.
    assert.match(
      csv[1] ?? '',
      /^parallel=1,f,received,bit\/s,2,110000000,110000000,100000000,120000000,-17062047\.\d+,237062047\.\d+$/,
    )
    assert.is(JSON.parse(readFileSync(join(folder, 'cells.json'), 'utf8')).rows.length, 2)
  }))

test('lockstep report names the cells that did not pass and shows the table', () =>
  withFolder(madeExperiment(cells), folder => {
    const text = renderText(readRunFolder(folder))
    assert.match(text, /^parallel=2@2 {2}invalid {2}sync was lost$/m)
    assert.match(text, /^parallel=1 +2\/2 +110Mbit\/s ±/m)
    assert.match(text, /^ {2}received of f: 110Mbit\/s at parallel=1, 300Mbit\/s at parallel=2 \(2\.73 times\)$/m)
  }))

test.run()
