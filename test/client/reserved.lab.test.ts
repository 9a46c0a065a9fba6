import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { stepHostClock } from '../../src/lab/host-clock.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { powerOff, powerOn } from '../../src/lab/power.ts'
import { ms } from '../../src/units/quantity.ts'
import { commandAt } from '../fixtures/command.ts'
import { alignClocks, type Endpoints, endpointsOn, type Identity } from '../fixtures/endpoints.ts'
import { labReason } from '../fixtures/lab.ts'
import { lockstepProgram } from '../fixtures/lab-process.ts'
import { until } from '../fixtures/processes.ts'
import { idsOf, resultIn, resultPath } from '../fixtures/reserved-runs.ts'
import { rivalry } from '../fixtures/rivalry.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('reserved tests on a lab')
const reason = labReason()
const { on } = sharedLab({ hosts: ['A', 'B', 'C', 'D'] })
const limitMs = 120_000

const shared = (use: (endpoints: Endpoints, lab: Lab, folder: string) => Promise<void>) =>
  on(async lab => {
    const endpoints = await endpointsOn(lab)
    await withFolder(folder => use(endpoints, lab, folder))
  })

type Words = readonly string[]

const testOf = (endpoints: Endpoints, who: Identity, from: string, to: string, more: Words = [], time = '1'): Words => [
  ...['test', 'iperf3', '--from', from, '--to', to, ...endpoints.as(who), ...more],
  ...['--', '--time', time, '--bitrate', '10M'],
]

/** What has happened so far in the newest run of a folder. */
function eventsIn(folder: string): string {
  try {
    return readFileSync(join(resultPath(folder), 'events.ndjson'), 'utf8')
  } catch {
    return ''
  }
}

const untilArmed = (folder: string) => until(() => (eventsIn(folder).match(/"state":"armed"/g) ?? []).length === 2)

const statesOf = async (endpoints: Endpoints, host: string, rid: string): Promise<string> =>
  (await endpoints.listed(host))
    .split('\n')
    .find(line => line.startsWith(rid))
    ?.split(/\s+/)[1] ?? 'none'

test.unless(
  reason,
  'two endpoints run a test by themselves for somebody without a shell; he gets what both have measured, once and again',
  shared(async (endpoints, _, folder) => {
    const { code, stdout } = await commandAt(
      folder,
      testOf(endpoints, 'alice', 'A', 'B', ['--expect', 'received > 8M']),
    )
    assert.is(code, 0, stdout)
    const { path, result } = resultIn(folder)
    assert.is(result.verdict, 'pass')
    const [flow] = result.flows
    assert.equal(flow?.outputs, ['flows/test.sender.out', 'flows/test.receiver.out'])
    assert.ok(Number(flow?.figures['received']) > 8e6)
    const ids = idsOf(path)
    for (const [end, host] of [
      ['sender', 'A'],
      ['receiver', 'B'],
    ] as const) {
      const { rid, facts } = JSON.parse(readFileSync(join(path, 'reservations', `test.${end}.json`), 'utf8'))
      assert.is(rid, ids[host])
      assert.is(facts.exit, 0)
      assert.is(await statesOf(endpoints, host, rid), 'done')
    }
    // Afterwards, from anywhere: each has its own and a copy of the other's.
    const again = await commandAt(folder, ['results', ids['A'] ?? '', 'A', ...endpoints.as('alice'), '--into', 'kept'])
    assert.is(again.code, 0, again.stderr)
    const sent = readFileSync(join(folder, 'kept/A/stdout'), 'utf8')
    assert.is(sent, readFileSync(join(path, 'flows/test.sender.out'), 'utf8'))
    const copied = readFileSync(join(folder, 'kept/A-has-of-B/stdout'), 'utf8')
    assert.is(copied, readFileSync(join(path, 'flows/test.receiver.out'), 'utf8'))
    // And nobody else.
    const other = await commandAt(folder, ['results', ids['A'] ?? '', 'A', ...endpoints.as('bob')])
    assert.is(other.code, 5)
  }),
  { limitMs },
)

test.unless(
  reason,
  'tests toward a host that nobody asks need one endpoint only',
  shared(async (endpoints, _, folder) => {
    const words = ['test', 'ping', '--from', 'A', '--to', 'B', ...endpoints.as('alice'), '--', '-c', '3', '-i', '0.1']
    const { code, stdout } = await commandAt(folder, words)
    assert.is(code, 0, stdout)
    const { path, result } = resultIn(folder)
    assert.is(Number(result.flows[0]?.figures['lost']), 0)
    assert.equal(Object.keys(idsOf(path)), ['A'])
    await withFolder(async other => {
      const traced = await commandAt(other, ['test', 'tracepath', '--from', 'A', '--to', 'B', ...endpoints.as('alice')])
      assert.is(traced.code, 0, traced.stdout)
      const [flow] = resultIn(other).result.flows
      assert.equal([flow?.figures['reached'], flow?.figures['pmtu']], ['1', '1500'])
    })
  }),
  { limitMs },
)

test.unless(
  reason,
  'a receiver that does not end by itself is ended; a tool gets as many ports as it needs',
  shared(async (endpoints, _, folder) => {
    const words = {
      iperf: ['--time', '1', '--udp', '--bandwidth', '10M'],
      nuttcp: ['-T', '1', '-R', '10M'],
    }
    for (const [tool, options] of Object.entries(words)) {
      const runs = join(folder, tool)
      const given = ['test', tool, '--from', 'A', '--to', 'B', ...endpoints.as('alice'), '--runs', `${tool}/runs`]
      const { code, stdout } = await commandAt(folder, [...given, '--', ...options])
      assert.is(code, 0, stdout)
      const { path, result } = resultIn(runs)
      assert.ok(Number(result.flows[0]?.figures['received']) > 8e6, stdout)
      const ids = idsOf(path)
      for (const host of ['A', 'B']) assert.is(await statesOf(endpoints, host, ids[host] ?? ''), 'done')
    }
  }),
  { limitMs },
)

test.unless(
  reason,
  'two rivals with many tests over the same hosts: each runs alone on its hosts, both get all, nothing is left in any book',
  shared((endpoints, _, folder) => rivalry(endpoints, folder, 4)),
  { limitMs: 240_000 },
)

test.unless(
  reason,
  'a clock that is wrong is found before anything is booked, with the right sign; one that is set afterwards ends what waits',
  shared(async (endpoints, lab, folder) => {
    await stepHostClock(lab.name, 'B', 'system', ms(500))
    try {
      const { code, stdout } = await commandAt(folder, testOf(endpoints, 'alice', 'A', 'B'))
      assert.is(code, 3)
      assert.match(stdout, /the clock of B is (4[89]|5[01])\d ms ahead of that of A \[CLOCK_OFFSET\]/)
      const { path } = resultIn(folder)
      assert.not.match(readFileSync(join(path, 'events.ndjson'), 'utf8'), /"kind":"reserved"/)
    } finally {
      await alignClocks(lab)
    }
    const waiting = commandAt(
      folder,
      testOf(endpoints, 'alice', 'A', 'B', ['--earliest', '+8s', '--runs', 'later/runs']),
    )
    await untilArmed(join(folder, 'later'))
    await stepHostClock(lab.name, 'A', 'system', ms(1_000))
    try {
      const { code, stdout } = await waiting
      assert.is(code, 3, stdout)
      assert.match(stdout, /A: aborted, the clock was set while the test waited for its start.*\[CLOCK_STEP\]/)
      // The other end was told.
      assert.match(stdout, /B: aborted \[CLOCK_STEP\]/)
    } finally {
      await alignClocks(lab)
    }
  }),
  { limitMs },
)

test.unless(
  reason,
  'a class has its limits, and what is beyond them is said with the limit; a taken time is said with the next one',
  shared(async (endpoints, _, folder) => {
    const long = await commandAt(folder, testOf(endpoints, 'carol', 'A', 'B', [], '3'))
    assert.is(long.code, 5)
    assert.match(long.stdout, /beyond a limit of the class: limit duration.*\[LIMIT\]/)
    const words = ['test', 'ping', '--from', 'A', '--to', 'B', ...endpoints.as('carol'), '--', '-c', '1']
    assert.match((await commandAt(folder, words)).stdout, /limit kinds.*\[LIMIT\]/)
    const own = await commandAt(folder, ['reservations', 'A,B', ...endpoints.as('carol')])
    assert.is(own.code, 0)
    assert.not.match(own.stdout, /carol|alice/)
    const block = join(folder, 'block.yml')
    writeFileSync(block, `hosts: [A, B]\nsync: none\nreserve: { duration: 20s }\nsetup: [{ pause: 6s }]\n`)
    const holding = commandAt(folder, ['run', block, ...endpoints.as('bob'), '--runs', 'block/runs'])
    const holds = async () => (await endpoints.listed('A')).includes(' active ')
    for (let i = 0; i < 100 && !(await holds()); i++) await new Promise(next => setTimeout(next, 100))
    const busy = await commandAt(folder, testOf(endpoints, 'alice', 'A', 'B', ['--latest', '+2s']))
    assert.is(busy.code, 5)
    assert.match(busy.stdout, /the resource is taken at this time \[BUSY\][\s\S]*there is room at 20/)
    const when = await commandAt(folder, [...whenOf(endpoints), '--latest', '+10m', '--json'])
    assert.is(when.code, 0)
    const held = await holding
    assert.match(held.stdout, /PASS|DONE|OK|exit 0/)
    assert.is(held.code, 0, held.stdout)
    // What was left of its time is free again.
    assert.is((await commandAt(folder, testOf(endpoints, 'alice', 'A', 'B', ['--latest', '+2s']))).code, 0)
  }),
  { limitMs },
)

const whenOf = (endpoints: Endpoints): Words => ['when', 'iperf3', '--from', 'A', '--to', 'B', ...endpoints.as('alice')]

test.unless(
  reason,
  'the cells of an experiment have one time together',
  shared(async (endpoints, _, folder) => {
    const playbook = `hosts: [A, B]
vars: { interface: eth0 }
sync: none
reserve: { duration: 1m }
repeat: 2
flows: { f: { from: A, to: B, tool: iperf3, time: 1s, bitrate: 10M } }
`
    writeFileSync(join(folder, 'cells.yml'), playbook)
    const before = await endpoints.listed('A')
    const { code, stdout } = await commandAt(folder, ['run', 'cells.yml', ...endpoints.as('alice')])
    assert.is(code, 0, stdout)
    assert.equal(resultIn(folder).result.cells?.pass, 2)
    const blocks = (text: string) => text.split('\n').filter(line => line.includes(' block ')).length
    const after = await endpoints.listed('A')
    assert.is(blocks(after) - blocks(before), 1)
    assert.not.match(after, / (armed|active) /)
  }),
  { limitMs },
)

test.unless(
  reason,
  'a client that is killed has its tests cancelled, or run and kept for it, as it has asked',
  shared(async (endpoints, _, folder) => {
    const playbook = (onDisconnect: string) => `hosts: [C, D]
sync: none
reserve: { what: flows, earliest: +4s, on_disconnect: ${onDisconnect} }
flows: { f: { from: C, to: D, tool: iperf3, time: 1s, bitrate: 10M } }
`
    for (const [onDisconnect, end] of [
      ['cancel', 'cancelled aborted'],
      ['continue', 'done'],
    ] as const) {
      writeFileSync(join(folder, `${onDisconnect}.yml`), playbook(onDisconnect))
      const words = ['run', `${onDisconnect}.yml`, ...endpoints.as('alice'), '--runs', `${onDisconnect}/runs`]
      const client = spawn(process.execPath, [lockstepProgram, ...words], { cwd: folder, stdio: 'ignore' })
      const exited = once(client, 'exit')
      await untilArmed(join(folder, onDisconnect))
      client.kill('SIGKILL')
      await exited
      const ids = idsOf(resultPath(join(folder, onDisconnect)))
      for (const host of ['C', 'D']) {
        let state = 'none'
        for (let i = 0; i < 150 && !end.includes(state); i++) {
          await new Promise(next => setTimeout(next, 100))
          state = await statesOf(endpoints, host, ids[host] ?? '')
        }
        assert.ok(end.includes(state), `${onDisconnect}: ${host} ${state}`)
      }
      if (end === 'done') {
        const got = await commandAt(folder, [
          'results',
          ids['C'] ?? '',
          'C',
          ...endpoints.as('alice'),
          '--into',
          'late',
        ])
        assert.is(got.code, 0, got.stderr)
        assert.match(readFileSync(join(folder, 'late/C-has-of-D/stdout'), 'utf8'), /sum_received/)
      }
    }
  }),
  { limitMs },
)

test.unless(
  reason,
  'a daemon that is killed and comes back before the start runs what it had promised; one that does not is missed',
  shared(async (endpoints, _, folder) => {
    const booked = async (name: string, host: string, earliest: string) => {
      const words = testOf(endpoints, 'alice', 'C', 'D', ['--earliest', earliest, '--runs', `${name}/runs`])
      const running = commandAt(folder, words)
      await untilArmed(join(folder, name))
      await endpoints.kill(host)
      return { running }
    }
    const first = await booked('back', 'D', '+8s')
    await endpoints.start('D')
    const { code, stdout } = await first.running
    // Its conversation with us is gone, its results are not: the other end has a copy.
    assert.is(code, 0, stdout)
    assert.match(
      readFileSync(join(resultPath(join(folder, 'back')), 'flows/test.receiver.out'), 'utf8'),
      /sum_received/,
    )
    const late = await booked('missed', 'D', '+6s')
    await new Promise(next => setTimeout(next, 7_000))
    await endpoints.start('D')
    const missed = await late.running
    assert.is(missed.code, 3, missed.stdout)
    assert.match(missed.stdout, /D: missed \[DOWN\]/)
    assert.is((await commandAt(folder, testOf(endpoints, 'bob', 'C', 'D', ['--runs', 'after/runs']))).code, 0)
  }),
  { limitMs },
)

test.unless(
  reason,
  'a host whose power goes in the middle of a test costs that test, and the other host nothing more than its window',
  shared(async (endpoints, lab, folder) => {
    const running = commandAt(folder, testOf(endpoints, 'alice', 'C', 'D', ['--runs', 'power/runs'], '5'))
    for (let i = 0; i < 100 && !(await endpoints.listed('C')).includes(' active '); i++)
      await new Promise(next => setTimeout(next, 100))
    await powerOff(lab.name, 'D')
    const { code, stdout } = await running
    assert.is(code, 3, stdout)
    assert.not.match(await endpoints.listed('C'), / (held|confirmed|armed|active) /)
    const next = await commandAt(folder, testOf(endpoints, 'bob', 'C', 'B', ['--runs', 'next/runs']))
    assert.is(next.code, 0, next.stdout)
    await powerOn(lab.name, 'D')
  }),
  { limitMs },
)

test.run()
