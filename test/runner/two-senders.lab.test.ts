import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import * as assert from 'uvu/assert'
import { main } from '../../src/cli/main.ts'
import { hostNames } from '../../src/lab/names.ts'
import { trafficTools } from '../../src/tools/traffic-tools.ts'
import { keptIo } from '../fixtures/io.ts'
import { labReason, say, withLab } from '../fixtures/lab.ts'
import { type RunEnd, type RunOnLab, startRun, withRuns } from '../fixtures/run-on-lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner: every playbook on a real lab')

/** The lab that a playbook is run on, and the figures that must come out of it. */
interface Site {
  readonly hosts: string
  readonly fastPtp?: boolean
  readonly flows: number
  readonly frames: number
}

/** Every file of playbooks/ that has flows. PTP of A, B, C locks from cold, at one Sync a second, by the options of isochron-orchestrate(8). */
const sites: Readonly<Record<string, Site>> = {
  'two-senders.yml': { hosts: 'A,B,C', flows: 2, frames: 10 },
  'two-senders-long-form.yml': { hosts: 'A,B,C', flows: 2, frames: 10 },
  'two-senders-1000.yml': { hosts: 'A,B,C', flows: 2, frames: 1000 },
  'sixteen-senders.yml': { hosts: '17', fastPtp: true, flows: 16, frames: 100 },
}

test('no playbook with flows is left out', () => {
  const files = readdirSync('playbooks').filter(name => name.endsWith('.yml'))
  const flowing = files.filter(file => /^(flows|senders):/m.test(readFileSync(join('playbooks', file), 'utf8')))
  // The others are run by tools.lab.test.ts, command-tool.lab.test.ts, tools-shared.lab.test.ts, chrony.lab.test.ts, capture.lab.test.ts,
  // experiment.lab.test.ts.
  const own = ['command.yml', 'several.yml', 'ntp.yml', 'capture.yml', 'ping-sizes.yml']
  const others = [...trafficTools.map(({ name }) => `${name}.yml`), ...own]
  assert.equal(flowing.filter(file => !others.includes(file)).sort(), Object.keys(sites).sort())
})

for (const [file, site] of Object.entries(sites))
  test.unless(
    labReason(),
    `${file} passes from bare hosts, and isochron says of its packet logs what we say`,
    () =>
      withRun(file, site, async ({ folder, result: { verdict, reasons, flows }, events }) => {
        assert.equal([verdict, reasons], ['pass', []])
        assert.is(flows.length, site.flows)
        for (const { name, figures } of flows) assert.is(figures['lost'], '0', name)
        const ptp4l = events('process_started').filter(({ process }) => process === 'ptp4l')
        assert.is(ptp4l.length, hostNames(site.hosts).length)
        for (const { argv } of ptp4l) assert.match(argv.join(' '), /^ptp4l -i eth0 -2 -P --step_threshold 0\.00002 -m /)
        const counts = events('collected').map(({ sent, received }) => [sent, received])
        assert.equal(counts, Array(site.flows).fill([site.frames, site.frames]))
        const logs = readdirSync(join(folder, 'flows')).sort()
        assert.equal(
          logs,
          flows.map(({ name }) => `${name}.dat`),
        )
        for (const log of logs) await summariesAreEqual(join(folder, 'flows', log))
      }),
    { limitMs: 180_000 },
  )

type Ran = RunEnd & { readonly events: RunOnLab['of'] }

/** Runs a playbook from the command line on a fresh lab, and shows what came of it while its run folder is there. */
const withRun = (file: string, { hosts, fastPtp }: Site, check: (ran: Ran) => Promise<void>) =>
  withRuns(async runs => {
    const warnings: Error[] = []
    const warn = (warning: Error) => warnings.push(warning)
    process.on('warning', warn)
    const ran = await withLab({ hosts: hostNames(hosts), fastPtp }, async lab => {
      const run = startRun(lab, runs, readFileSync(join('playbooks', file), 'utf8'), { file })
      return { ...(await run.ended), events: run.of }
    })
    process.off('warning', warn)
    assert.is(ran.code, 0, JSON.stringify([ran.problems, ran.result.reasons, ran.stderr]))
    assert.equal([ran.stderr, warnings], ['', []])
    await check(ran)
  })

async function lockstep(...argv: readonly string[]) {
  const { io, stdout, stderr } = keptIo(process.cwd())
  const code = await main(argv, io)
  return { code, stdout: stdout(), stderr: stderr() }
}

async function summariesAreEqual(dat: string): Promise<void> {
  const real = await say(['isochron', 'report', '--summary', '-F', dat])
  assert.equal([real.code, real.stderr], [0, ''], basename(dat))
  const { code, stdout } = await lockstep('report', '--summary', dat)
  assert.equal([code, stdout], [0, real.stdout], basename(dat))
}

test('the long form says the same as the short one', async () => {
  const plans = ['two-senders.yml', 'two-senders-long-form.yml'].map(file => lockstep('plan', join('playbooks', file)))
  const [short, long] = await Promise.all(plans)
  assert.is(short?.code, 0)
  assert.is(long?.stdout, short?.stdout)
})

test.run()
