import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { sendOptionNames } from '../../src/tools/isochron-send-options.ts'
import { commandAt, commandIn, withFolder } from '../fixtures/command.ts'
import { type FakePair, withFakePairs } from '../fixtures/fake-pair.ts'
import { orchestrationOver, type SendWords } from '../fixtures/orchestration.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('cli: orchestrate')

/** Runs a file over fake pairs in a fresh folder. */
const orchestrated = <T>(
  more: readonly SendWords[],
  argv: readonly string[],
  use: (
    ran: { readonly code: number; readonly stdout: string; readonly stderr: string },
    pairs: readonly FakePair[],
    cwd: string,
  ) => T,
) =>
  withFakePairs(
    more.map(() => ({})),
    pairs =>
      withFolder({}, async cwd => {
        writeFileSync(join(cwd, 'o.txt'), orchestrationOver(pairs, more))
        return use(await commandAt(cwd, ['orchestrate', '-F', 'o.txt', ...argv]), pairs, cwd)
      }),
  )

test('a file of two senders passes, leaves its logs and hangs up cleanly', () =>
  orchestrated([{}, {}], [], ({ code, stdout, stderr }, pairs, cwd) => {
    assert.equal([code, stderr], [0, ''], stdout)
    for (const name of ['a.dat', 'b.dat']) assert.ok(existsSync(join(cwd, name)), name)
    for (const { sender, receiver } of pairs) assert.equal([sender.resets, receiver.resets], [0, 0])
  }))

interface Planned {
  readonly flow: string
  readonly end: 'sender' | 'receiver'
  readonly action: string
  readonly message: string
  readonly payload?: string
}

test('--dry-run --json names every request that a run then sends, with its payload, and connects to nobody', () =>
  orchestrated(
    [{ 'shift-time': '0.001' }, { 'omit-remote-sync': true }],
    ['--dry-run', '--json'],
    async (dry, pairs, cwd) => {
      assert.equal([dry.code, dry.stderr], [0, ''])
      assert.equal(
        pairs.flatMap(({ sender, receiver }) => [...sender.seen, ...receiver.seen]),
        [],
      )
      const planned = dry.stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as Planned)
      assert.is((await commandAt(cwd, ['orchestrate', '-F', 'o.txt'])).code, 0)
      for (const [i, pair] of pairs.entries())
        for (const end of ['sender', 'receiver'] as const) {
          const mine = planned.filter(each => each.flow === 'ab'[i] && each.end === end)
          const requests = mine.map(({ action, message }) => `${action} ${message}`)
          assert.equal([...new Set(requests)].sort(), [...new Set(pair[end].seen)].sort(), `${end} ${'ab'[i]}`)
          const told = new Set(pair[end].told.map(([message, payload]) => `${message} ${payload}`))
          for (const { message, payload } of mine)
            if (payload !== undefined) assert.ok(told.has(`${message} ${payload}`), `${message} ${payload}`)
        }
    },
  ))

test('--dry-run without --json is for people: ends first, then the requests of each moment', () =>
  orchestrated([{ dmac: '01:00:5e:00:00:01', vid: '5', 'no-ts': undefined }], ['--dry-run'], ({ code, stdout }) => {
    assert.is(code, 0)
    assert.match(stdout, /^\[a\] {2}daemon 127\.0\.0\.1 port \d+, receiver 127\.0\.0\.2 port \d+, log a\.dat\n/)
    assert.match(stdout, /\na: configure, sender 127\.0\.0\.1\n {2}SET NODE_ROLE = sender\n {2}SET IF_NAME = eth0\n/)
    for (const line of ['DESTINATION_MAC = 01:00:5e:00:00:01', 'VID = 5', 'CYCLE_TIME = 10000000', 'TEST_STATE = idle'])
      assert.ok(stdout.includes(`\n  SET ${line}\n`), line)
    assert.not.match(stdout, /GET DESTINATION_MAC/)
  }))

test('--json tells the run as JSON lines, to its verdict', () =>
  orchestrated([{}], ['--json'], ({ code, stdout, stderr }) => {
    assert.equal([code, stderr], [0, ''])
    const events = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { readonly kind: string; readonly verdict?: string })
    const kinds = events.map(({ kind }) => kind)
    for (const kind of ['gate_passed', 'traffic_started', 'collected']) assert.ok(kinds.includes(kind), kind)
    assert.ok(events.some(({ verdict }) => verdict === 'pass'))
  }))

test('who cannot be reached is named with a hint, and the exit code is 4', () =>
  withFolder({}, async cwd => {
    const text = await withFakePairs([{}], async pairs => orchestrationOver(pairs))
    writeFileSync(join(cwd, 'o.txt'), text)
    const { code, stdout, stderr } = await commandAt(cwd, ['orchestrate', '-F', 'o.txt'])
    assert.is(code, 4)
    assert.match(stdout + stderr, /no connection to 127\.0\.0\.1:\d+: .*ECONNREFUSED/)
    assert.match(stdout + stderr, /isochron daemon or isochron rcv does not run there/)
  }))

test('what is suspicious in a file ends it before anything is made or asked, also with --dry-run', () =>
  orchestrated([{ 'cycle-time': '10ms', 'sync-threshold': '0.00001' }], ['--dry-run'], ({ code, stdout, stderr }) => {
    assert.equal([code, stdout], [2, ''])
    assert.match(stderr, /o\.txt:4:\d+: --cycle-time: '10ms' is no time, isochron would read 10 ns/)
    assert.match(stderr, /--sync-threshold: '0\.00001' is no integer, isochron would read 0/)
  }))

/** An option of isochron send, and the line of --dry-run that it changes; what else it needs stands before it. */
const reaching: Readonly<Record<string, readonly [words: string, line: string]>> = {
  interface: ['--interface eth9', 'SET IF_NAME = eth9'],
  dmac: ['--dmac 1:2:3:4:5:6', 'SET DESTINATION_MAC = 01:02:03:04:05:06'],
  smac: ['--smac 2:2:3:4:5:6', 'SET SOURCE_MAC = 02:02:03:04:05:06'],
  priority: ['--priority 5', 'SET PRIORITY = 5'],
  'stats-port': ['--stats-port 5009', 'SET STATS_PORT = 5009'],
  'base-time': ['--base-time 0.5', 'SET BASE_TIME = from 500000000 on, less the shift of 0'],
  'advance-time': ['--advance-time 0.001', 'SET ADVANCE_TIME = 1000000'],
  'shift-time': ['--shift-time -500', 'SET SHIFT_TIME = -500'],
  'cycle-time': ['--cycle-time 0.02', 'SET CYCLE_TIME = 20000000'],
  'window-size': ['--window-size 0.001', 'SET WINDOW_SIZE = 1000000'],
  'num-frames': ['--num-frames 77', 'SET PACKET_COUNT = 77'],
  'frame-size': ['--frame-size 777', 'SET PACKET_SIZE = 777'],
  'no-ts': ['--no-ts', 'SET TS_ENABLED = 0'],
  vid: ['--vid 9', 'SET VID = 9'],
  client: ['--client 10.9.9.9', 'GET CURRENT_CLOCK_TAI'],
  quiet: ['--quiet', 'SET QUIET_ENABLED = 1'],
  etype: ['--etype 0xdeaf', 'SET ETHERTYPE = 57007'],
  taprio: ['--taprio', 'SET TAPRIO_ENABLED = 1'],
  txtime: ['--txtime', 'SET TXTIME_ENABLED = 1'],
  deadline: ['--txtime --deadline', 'SET DEADLINE_ENABLED = 1'],
  'sched-priority': ['--sched-priority 3', 'SET SCHED_PRIORITY = 3'],
  'sched-fifo': ['--sched-fifo', 'SET SCHED_FIFO_ENABLED = 1'],
  'sched-rr': ['--sched-rr', 'SET SCHED_RR_ENABLED = 1'],
  'utc-tai-offset': ['--utc-tai-offset 37', 'SET UTC_OFFSET = 37'],
  l2: ['--l2', 'SET L2_ENABLED = 1'],
  'data-port': ['--data-port 7000', 'SET DATA_PORT = 7000'],
  'domain-number': ['--domain-number 24', 'SET DOMAIN_NUMBER = 24'],
  'transport-specific': ['--transport-specific 1', 'SET TRANSPORT_SPECIFIC = 1'],
  'unix-domain-socket': ['--unix-domain-socket /run/x', 'SET UDS = /run/x'],
  'num-readings': ['--num-readings 7', 'SET NUM_READINGS = 7'],
  'cpu-mask': ['--cpu-mask 0x6', 'SET CPU_MASK = 6'],
}
/** Those that the orchestrator keeps to itself, have no effect, or are refused: each has tests of its own. */
const notSent = 'help omit-sync omit-remote-sync tracemark ip-destination l4 sync-threshold output-file'.split(' ')

test('every option of isochron send is sent, or known not to be', () =>
  assert.equal([...Object.keys(reaching), ...notSent].sort(), [...sendOptionNames].sort()))

test('each option reaches the wire', async () => {
  const exec = 'isochron send -i eth0 -C 10.0.0.3 -n 5 -c 0.01 -s 500 -X 100'
  for (const [name, [words, line]] of Object.entries(reaching)) {
    const text = `[a]\nhost = 10.0.0.1\nexec = ${exec} ${words}\n`
    const { code, stdout, stderr } = await commandIn({ 'o.txt': text }, ['orchestrate', '-F', 'o.txt', '--dry-run'])
    assert.is(code, 0, `${name}: ${stderr}`)
    assert.ok(stdout.includes(`  ${line}\n`), `${name}: ${stdout}`)
  }
})

test('clocks that nobody watches are not asked: --omit-sync, --omit-remote-sync', async () => {
  const gets = async (more: string) => {
    const text = `[a]\nhost = 10.0.0.1\nexec = isochron send -i e -C 10.0.0.3 -n 5 -c 0.01 -s 500 ${more}\n`
    const { stdout } = await commandIn({ 'o.txt': text }, ['orchestrate', '-F', 'o.txt', '--dry-run', '--json'])
    const planned = stdout
      .trim()
      .split('\n')
      .map(each => JSON.parse(each) as Planned & { readonly when: string })
    return planned.filter(({ when }) => when === 'gate').map(({ end, message }) => `${end} ${message}`)
  }
  assert.is((await gets('-X 1')).length, 12)
  assert.equal(
    (await gets('-X 1 -y')).filter(each => each.startsWith('receiver')),
    ['receiver PORT_LINK_STATE'],
  )
  assert.equal(await gets('-o'), ['sender PORT_LINK_STATE', 'receiver PORT_LINK_STATE'])
})

test.run()
