import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { main } from '../../../src/cli/main.ts'
import type { Lab } from '../../../src/lab/lab.ts'
import { controllerLink } from '../../../src/lab/names.ts'
import { stateOf, untilAsFound } from '../../fixtures/host-state.ts'
import { keptIo } from '../../fixtures/io.ts'
import { labReason } from '../../fixtures/lab.ts'
import { withRuns } from '../../fixtures/run-on-lab.ts'
import { sharedLab } from '../../fixtures/shared-lab.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('cli/test')
const reason = labReason()
const shared = sharedLab({ hosts: ['A', 'C'] })

/** A flow of the command line on a lab, in a folder of its own; the hosts are as they were afterwards. */
const onLab = (title: string, body: (lab: Lab, cwd: string) => Promise<void>) =>
  test.unless(
    reason,
    title,
    shared.on(lab =>
      withRuns(async cwd => {
        const found = stateOf(lab)
        await body(lab, cwd)
        await untilAsFound(lab, found)
      }),
    ),
    { limitMs: 60_000 },
  )

async function flow({ inventory }: Lab, cwd: string, tool: string, ...args: readonly string[]) {
  const kept = keptIo(cwd)
  const io = { ...kept.io, env: { PATH: process.env['PATH'] } }
  const code = await main(['test', tool, '-i', inventory, '--json', ...args], io)
  const events = kept
    .stdout()
    .split('\n')
    .flatMap(line => (line === '' ? [] : [JSON.parse(line)]))
  const [folder] = readdirSync(cwd).includes('runs') ? readdirSync(join(cwd, 'runs')).toSorted().toReversed() : []
  const result =
    folder === undefined ? undefined : JSON.parse(readFileSync(join(cwd, 'runs', folder, 'result.json'), 'utf8'))
  return { code, stderr: kept.stderr(), events, result }
}

onLab('one flow of iperf3 with the options of its own command line, judged', async (lab, cwd) => {
  const words = ['--', '-t', '1', '-P', '2', '-b', '5M']
  const { code, stderr, events, result } = await flow(
    lab,
    cwd,
    'iperf3',
    '--from',
    'A',
    '--to',
    'C',
    '--expect',
    'received >= 1Mbit/s',
    ...words,
  )
  assert.equal([code, stderr], [0, ''])
  const sender = events.find(({ kind, process }) => kind === 'process_started' && process === 'snd-test')
  for (const word of ['--time=1', '--parallel=2', '--bitrate=5000000'])
    assert.ok(sender.argv.includes(word), sender.argv)
  assert.is(result.flows[0].tool, 'iperf3')
  assert.ok(Number(result.flows[0].figures.received) > 1e6)
})

onLab('an expectation that does not hold is 1; nothing is started for options that are wrong', async (lab, cwd) => {
  const failed = await flow(
    lab,
    cwd,
    'ping',
    '--from',
    'A',
    '--to',
    'C',
    '--expect',
    'rtt.max < 1ns',
    '--',
    '-c2',
    '-i',
    '0.1',
  )
  assert.is(failed.code, 1, failed.stderr)
  const wrong = await flow(lab, cwd, 'ping', '--from', 'A', '--to', 'C', '--', '-c', '0')
  assert.is(wrong.code, 2)
  assert.match(wrong.stderr, /^c: expected 1 to 1000000000, got 0/)
  const same = await flow(lab, cwd, 'ping', '--from', 'A', '--to', 'A')
  assert.equal([same.code, same.events], [2, []])
})

onLab('this machine can be an end', async (lab, cwd) => {
  writeFileSync(join(cwd, 'here.ini'), `local ansible_connection=local interface=${controllerLink(lab.name)}\n`)
  const [host] = lab.hosts
  const { code, stderr, result } = await flow(
    ...([lab, cwd, 'ping', '-i', 'here.ini', '--from', 'local', '--to', 'A', '--over', host?.address ?? ''] as const),
    ...['--', '-c', '3', '-i', '0.1'],
  )
  assert.equal([code, stderr], [0, ''])
  assert.is(result.flows[0].figures.received, '3')
})

test.run()
