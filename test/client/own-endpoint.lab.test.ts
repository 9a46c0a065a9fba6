import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { commandAt } from '../fixtures/command.ts'
import { alignClocks, type Endpoints, endpointsOn } from '../fixtures/endpoints.ts'
import { labReason } from '../fixtures/lab.ts'
import { until } from '../fixtures/processes.ts'
import { idsOf, resultIn } from '../fixtures/reserved-runs.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('this machine as an end of reserved tests')
const reason = labReason()
const { on } = sharedLab({ hosts: ['A', 'B'] })
const limitMs = 120_000

const fromHere = (use: (endpoints: Endpoints, folder: string) => Promise<void>) =>
  on(async lab => {
    const endpoints = await endpointsOn(lab)
    await alignClocks(lab, 'this machine')
    await withFolder(folder => use(endpoints, folder))
  })

/** JSON is YAML. */
const playbookOf = (from: string, to: string): string =>
  JSON.stringify({
    hosts: { [from]: endOf(from), [to]: endOf(to) },
    ...{ sync: 'none', reserve: { what: 'flows', latest: '+1m' } },
    flows: { f: { from, to, tool: 'iperf3', time: '2s', bitrate: '10M' } },
  })

/** Of several interfaces that this machine may have it takes the one that leads to the other end. */
const endOf = (name: string) =>
  name === 'here' ? { connection: 'local', address: 'localhost', vars: { lockstep_clock_error: '20ms' } } : { vars: {} }

const runFrom = (endpoints: Endpoints, folder: string, name: string, playbook: string) => {
  writeFileSync(join(folder, `${name}.yml`), playbook)
  return commandAt(folder, ['run', `${name}.yml`, ...endpoints.as('alice'), '--runs', `${name}/runs`])
}

const factsIn = (path: string, end: string): Readonly<Record<string, number>> =>
  JSON.parse(readFileSync(join(path, 'reservations', `f.${end}.json`), 'utf8')).facts

/** Where the lockstepd that is started for tests from here keeps its book. */
const ownStates = () =>
  (existsSync('/run/lockstep') ? readdirSync('/run/lockstep', { recursive: true }) : []).filter(name =>
    /^endpoint-\d+\/state$/.test(`${name}`),
  )

test.unless(
  reason,
  'it needs no lockstepd to send or to receive; two clients at once do not overlap; afterwards none of it runs',
  fromHere(async (endpoints, folder) => {
    const runs = await Promise.all([
      runFrom(endpoints, folder, 'sent', playbookOf('here', 'A')),
      runFrom(endpoints, folder, 'received', playbookOf('B', 'here')),
    ])
    for (const { code, stdout, stderr } of runs) assert.is(code, 0, `${stdout}${stderr}`)
    const [sent, received] = ['sent', 'received'].map(name => resultIn(join(folder, name)))
    assert.equal(Object.keys(idsOf(sent?.path ?? '')).sort(), ['A', 'here'])
    for (const each of [sent, received]) assert.ok(Number(each?.result.flows[0]?.figures['received']) > 8e6)
    const spans = [factsIn(sent?.path ?? '', 'sender'), factsIn(received?.path ?? '', 'receiver')]
      .map(({ started, end }) => ({ from: Number(started), to: Number(end) }))
      .sort((a, b) => a.from - b.from)
    assert.ok(Number(spans[1]?.from) >= Number(spans[0]?.to), JSON.stringify(spans))
    // It ends by itself, and takes its book along.
    assert.is(ownStates().length, 1)
    await until(() => ownStates().length === 0, 30_000)
  }),
  { limitMs },
)

test.unless(
  reason,
  'there is one in a network namespace, whoever wants another',
  on(async () => {
    await until(() => ownStates().length === 0, 30_000)
    await withFolder(async folder => {
      const started = (name: string) => {
        const at = ['--state', join(folder, name), '--socket', join(folder, name, 'book.sock'), '--user', 'nobody']
        const words = ['bin/lockstepd.js', ...at, '--limits', join(folder, 'none.yml'), '--while-used', '1s']
        return spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
      }
      const first = started('first')
      const over = once(first, 'exit')
      try {
        await once(first.stdout, 'data')
        const second = started('second')
        let said = ''
        second.stderr.on('data', chunk => (said += chunk))
        const [code] = await once(second, 'close')
        assert.is(code, 5)
        assert.match(said, /somebody else on this machine has a lockstepd for his own tests/)
        assert.equal(await over, [0, null])
        assert.equal(readdirSync(folder), [])
      } finally {
        first.kill('SIGKILL')
      }
    })
  }),
  { limitMs },
)

test.run()
