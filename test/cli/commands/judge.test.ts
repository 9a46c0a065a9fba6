import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { main } from '../../../src/cli/main.ts'
import type { ExperimentHappening } from '../../../src/runner/experiment-log.ts'
import { keptIo } from '../../fixtures/io.ts'
import { type Files, resultJson, withFolder } from '../../fixtures/made-run.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('cli/commands/judge')

interface MadeCell {
  /** Mbit/s */
  readonly rate: number
  readonly lost?: number
  readonly invalid?: boolean
}

/** Cells of two configurations with a flow of iperf3 and one of ping each. */
function experiment(cells: Readonly<Record<string, MadeCell>>, below = ''): Files {
  const started: ExperimentHappening = {
    ...{ kind: 'experiment_started', warmup: 0 },
    configurations: ['p=1', 'p=2'].map(id => ({ id, digest: id })),
  }
  const ended = Object.entries(cells).map(([cell, { invalid }]): ExperimentHappening => {
    const verdict = invalid === true ? 'invalid' : 'pass'
    return {
      kind: 'cell_ended',
      cell,
      run: 1,
      number: 1,
      of: 9,
      folder: `cells/${cell}`,
      verdict,
      reasons: [],
      tookMs: 9,
    }
  })
  const files = Object.entries(cells).flatMap(([cell, { rate, lost = 0, invalid = false }]) => {
    const bulk = { name: 'bulk', from: 'A', to: 'C', tool: 'iperf3', figures: { received: String(rate * 1e6) } }
    const echo = { name: 'echo', from: 'B', to: 'C', tool: 'ping', figures: { received: '5', lost: String(lost) } }
    const flows = [
      { ...bulk, kinds: { received: 'rate' } },
      { ...echo, kinds: { received: 'count', lost: 'count' } },
    ] as const
    const result = invalid ? { verdict: 'invalid', reasons: ['sync was lost'] } : {}
    return [
      [`cells/${cell}/result.json`, resultJson({ flows, attempts: [], ...result } as object)] as const,
      [
        `cells/${cell}/playbook.json`,
        JSON.stringify({ expect: ['echo: lost == 0', 'bulk: received > 90Mbit/s'] }),
      ] as const,
    ]
  })
  const events = [started, ...ended].map(each => `${JSON.stringify(each)}\n`).join('')
  const all: Files = { 'events.ndjson': events, ...Object.fromEntries(files) }
  return Object.fromEntries(Object.entries(all).map(([name, content]) => [`${below}${name}`, content]))
}

async function judge(cwd: string, ...args: string[]) {
  const { io, stdout, stderr } = keptIo(cwd)
  const code = await main(['judge', '.', ...args], io)
  return { code, out: stdout(), err: stderr() }
}

const good = { 'p=1@1': { rate: 100 }, 'p=2@1': { rate: 200 }, 'p=1@2': { rate: 110 }, 'p=2@2': { rate: 210 } }

test('a folder is judged by what its own playbooks expected', () =>
  withFolder(experiment(good), async folder => {
    assert.equal(await judge(folder), {
      code: 0,
      out: 'PASS     echo: lost == 0  (met 4 of 4)\nPASS     bulk: received > 90Mbit/s  (met 4 of 4)\nPASS\n',
      err: '',
    })
  }))

test('every verdict names the cell, the flow, the figure, the limit, the value and the file', () =>
  withFolder(experiment({ ...good, 'p=2@2': { rate: 80, lost: 3 } }), async folder => {
    const { code, out } = await judge(folder)
    assert.is(code, 1)
    assert.match(
      out,
      /^FAIL {5}echo: lost == 0 {2}\(met 3 of 4\)\n {2}not met {2}p=2@2 {2}echo {2}lost == 0 {2}3 {2}\S+\/cells\/p=2@2\/result\.json$/m,
    )
    const json = JSON.parse((await judge(folder, '--json')).out)
    assert.is(json.verdict, 'fail')
    assert.is(json.verdicts.length, 8)
  }))

/** A line of --expect, the exit code, and what is said. */
const lines: readonly (readonly [string, number, RegExp])[] = [
  ['bulk: received > 100Mbit/s', 1, /not met {2}p=1@1 {2}bulk {2}received > 100Mbit\/s {2}100Mbit\/s/],
  ['bulk cell p=2: received > 150Mbit/s', 0, /met 2 of 2/],
  ['any bulk: received > 205Mbit/s', 0, /met 1 of 1/],
  ['all bulk: received > 205Mbit/s', 1, /not met {2}p=1@1 {2}bulk/],
  ['host B: received == 5', 2, /'received' is another thing of each of these flows/],
  ['echo host B: received == 5', 0, /met 4 of 4/],
  ['echo: received == 5Mbit/s', 2, /expected a bare number, got '5Mbit\/s'/],
  ['echo: lots == 0', 2, /there is no figure 'lots'/],
  ['nobody: lost == 0', 3, /nothing of this name was measured/],
  ['bulk: received worse_by < 5 %', 2, /needs a run to compare with/],
]

for (const [line, expected, said] of lines)
  test(`--expect '${line}': exit code ${expected}`, () =>
    withFolder(experiment(good), async folder => {
      const { code, out, err } = await judge(folder, '--expect', line)
      assert.match(`${out}${err}`, said)
      assert.is(code, expected)
    }))

test('a cell that is invalid meets nothing', () =>
  withFolder(experiment({ ...good, 'p=1@2': { rate: 100, invalid: true } }), async folder => {
    const { code, out } = await judge(folder, '--expect', 'bulk: received > 90Mbit/s')
    assert.is(code, 3)
    assert.match(out, /not measured {2}p=1@2 {2}bulk .* the cell does not count: sync was lost/)
  }))

test('conditions of the user void cells as the built-in ones do', () =>
  withFolder(experiment({ ...good, 'p=1@2': { rate: 100, lost: 4 } }), async folder => {
    const { code, out } = await judge(folder, '--expect', 'bulk: received > 90Mbit/s', '--valid', 'echo: lost < 3')
    assert.is(code, 3)
    assert.match(out, /p=1@2 {2}bulk .*echo: valid needs echo: lost < 3, got 4/)
  }))

test('the expect of another playbook is read with its variables, and errors have their line', () =>
  withFolder(experiment(good), async folder => {
    const playbook = (lost: string) =>
      `vars: {least: 100}\nexpect:\n  - bulk: received >= {{ least }}Mbit/s\nflows: {echo: {expect: "${lost} == 0"}}\n`
    writeFileSync(join(folder, 'other.yml'), playbook('lost'))
    assert.is((await judge(folder, '-p', 'other.yml')).code, 0)
    assert.is((await judge(folder, '-p', 'other.yml', '-e', 'least=105')).code, 1)
    writeFileSync(join(folder, 'other.yml'), playbook('lots'))
    const { code, err } = await judge(folder, '-p', 'other.yml')
    assert.is(code, 2)
    assert.match(err, /^other\.yml:4:\d+: there is no figure 'lots'/)
  }))

const repeated = (rates: readonly number[]) =>
  Object.fromEntries(rates.map((rate, i) => [`p=1@${i + 1}`, { rate }])) as Record<string, MadeCell>

/** Rates of the run, of that compared with; the limit; exit code. */
const comparisons: readonly (readonly [string, readonly number[], readonly number[], string, number])[] = [
  ['the same again', [100, 101, 99, 100], [100, 101, 99, 100], '5 %', 0],
  ['ten per cent slower', [90, 91, 89, 90], [100, 101, 99, 100], '5 %', 1],
  ['ten per cent slower, which is allowed', [90, 91, 89, 90], [100, 101, 99, 100], '15 %', 0],
  ['twice as fast', [200, 201, 199, 200], [100, 101, 99, 100], '5 %', 0],
  ['too few to tell', [100, 101], [100, 101, 99], '5 %', 3],
]

for (const [what, now, before, limit, expected] of comparisons)
  test(`compared with another run: ${what}`, () =>
    withFolder({ ...experiment(repeated(now)), ...experiment(repeated(before), 'before/') }, async folder => {
      const line = `bulk: received worse_by < ${limit}`
      const { code, out } = await judge(folder, '--compared-to', 'before', '--expect', line, '--all')
      assert.is(code, expected, out)
    }))

test('nothing to judge by is said', () =>
  withFolder({ 'result.json': resultJson() }, async folder => {
    const { code, err } = await judge(folder)
    assert.is(code, 2)
    assert.match(err, /nothing is expected/)
  }))

test.run()
