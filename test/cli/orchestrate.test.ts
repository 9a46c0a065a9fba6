import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { commandAt, withFolder } from '../fixtures/command.ts'
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

test.run()
