import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { main } from '../../../src/cli/main.ts'
import { datBytes } from '../../fixtures/dat-bytes.ts'
import { keptIo } from '../../fixtures/io.ts'
import { eventLines, type Files, resultJson, startedRun, withFolder } from '../../fixtures/made-run.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('lockstep report')

const fixture = (name: string) => readFileSync(`test/fixtures/dat/${name}`)
const logs: Files = { 'a.dat': fixture('tenframes-a.dat'), 'b.dat': fixture('small-b.dat') }
const run: Files = { 'run/result.json': resultJson(), 'run/events.ndjson': eventLines([startedRun]) }

const lockstep = (argv: readonly string[], files: Files) =>
  withFolder(files, async folder => {
    const kept = keptIo(folder)
    const code = await main(['report', ...argv], kept.io)
    return { code, stdout: kept.stdout(), stderr: kept.stderr() }
  })

test('--summary prints what isochron prints, byte for byte', async () => {
  const { code, stdout, stderr } = await lockstep(['--summary', 'a.dat'], logs)
  assert.equal([code, stdout, stderr], [0, fixture('tenframes-a.summary').toString(), ''])
})

test('several packet logs are told apart by their names', async () => {
  const { stdout } = await lockstep(['--summary', 'a.dat', 'b.dat'], logs)
  assert.is(stdout, `a.dat:\n${fixture('tenframes-a.summary')}b.dat:\n${fixture('small-b.summary')}`)
})

test('--printf-format prints every packet as isochron does, before the summary', async () => {
  const format = ['--printf-format', '%u %T %T %T %T %T %T %T %d\\n', '--printf-args', 'qSwsTtaRr']
  assert.is((await lockstep([...format, 'b.dat'], logs)).stdout, fixture('small-b.printf').toString())
  const both = await lockstep(['--summary', ...format, 'a.dat'], logs)
  assert.is(both.stdout, `${fixture('tenframes-a.printf')}${fixture('tenframes-a.summary')}`)
})

test('--start and --stop choose packets', async () => {
  const choose = ['--printf-format', '%u ', '--printf-args', 'q', '--start', '3', '--stop', '5']
  assert.is((await lockstep([...choose, 'a.dat'], logs)).stdout, '3 4 5 ')
})

test('a wrong packet number, format or combination is a usage error', async () => {
  const cases: [string[], RegExp][] = [
    [['--summary', '--stop', '11', 'a.dat'], /packets go from 1 to 10 in this log, got 11 {2}\[DAT_RANGE\]/],
    [['--summary', '--start', 'one', 'a.dat'], /--start is the number of a packet, got 'one' {2}\[USAGE_VALUE\]/],
    [['--printf-format', '%d', '--printf-args', 'q', 'a.dat'], /'q' cannot be printed with %d {2}\[USAGE_VALUE\]/],
    [['--start', '1', 'a.dat'], /nothing to report of a packet log {2}\[USAGE_COMMAND\]/],
    [['--html', '--summary', 'a.dat'], /--html is for run folders/],
    [['--summary', 'none.dat'], /cannot read none\.dat: ENOENT.* {2}\[USAGE_FILE\]/],
    [['--summary', '.'], /cannot read \.: it is a folder/],
    [[], /missing required argument 'path'/],
  ]
  for (const [argv, message] of cases) {
    const { code, stdout, stderr } = await lockstep(argv, logs)
    assert.equal([code, stdout], [2, ''], argv.join(' '))
    assert.match(stderr, message)
  }
})

test('a packet log that cannot be read does not hide the next one', async () => {
  const { code, stdout, stderr } = await lockstep(['--summary', 'x.dat', 'a.dat'], { ...logs, 'x.dat': 'no log' })
  assert.is(code, 2)
  assert.is(stdout, `a.dat:\n${fixture('tenframes-a.summary')}`)
  assert.match(stderr, 'x.dat does not begin with ISOCHRON, so it is no packet log  [DAT_MAGIC]')
})

test('a hole that ends the summary is said on stderr', async () => {
  const times = { scheduled: 1n, wakeup: 1n, txHardware: 1n, txSoftware: 1n, txSched: 1n, rxHardware: 1n }
  const log = datBytes({ packets: [times, { seqid: 0 }, times] })
  const { code, stdout, stderr } = await lockstep(['--summary', 'x.dat'], { 'x.dat': log })
  assert.is(code, 0)
  assert.match(stdout, /^Summary:/)
  assert.match(stderr, "x.dat: the sender's log does not hold packet 2")
})

test('a run folder is shown again, whatever its verdict, and --html writes its page again', async () => {
  await withFolder(run, async folder => {
    const kept = keptIo(folder)
    assert.is(await main(['report', 'run'], kept.io), 0)
    assert.match(kept.stdout(), /^PASS {2}Two senders, one receiver\n/)
    assert.match(kept.stdout(), /\nfolder {6}run\n$/)
    assert.is(await main(['report', '--html', 'run'], kept.io), 0)
    assert.match(kept.stdout(), /\npage {8}run\/report\.html\n$/)
    assert.match(readFileSync(`${folder}/run/report.html`, 'utf8'), '<span class="verdict pass">pass</span>')
  })
})

test('a folder that no run wrote is refused', async () => {
  const { code, stderr } = await lockstep(['.'], logs)
  assert.is(code, 2)
  assert.match(stderr, /is no run folder: .* {2}\[USAGE_FILE\]\n +hint: a packet log is read with --summary/)
})

test.run()
