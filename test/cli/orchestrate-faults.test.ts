import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { commandAt, withFolder } from '../fixtures/command.ts'
import { type FakePair, type FakePairOptions, withFakePairs } from '../fixtures/fake-pair.ts'
import { orchestrationOver } from '../fixtures/orchestration.ts'
import { suite } from '../fixtures/suite.ts'
import * as faults from '../fixtures/wire-faults.ts'

const test = suite('cli: orchestrate, against daemons and receivers that are at fault')

interface Ran {
  readonly code: number
  readonly output: string
  readonly pairs: readonly FakePair[]
}

async function orchestrated(pairs: readonly FakePairOptions[], argv: readonly string[] = []): Promise<Ran> {
  return withFakePairs(pairs, open =>
    withFolder({}, async cwd => {
      writeFileSync(join(cwd, 'o.txt'), orchestrationOver(open))
      const { code, stdout, stderr } = await commandAt(cwd, ['orchestrate', '-F', 'o.txt', ...argv])
      return { code, output: stdout + stderr, pairs: open }
    }),
  )
}

type Fault = readonly [what: string, pair: FakePairOptions, code: number, says: RegExp]

/** One fault each; a run has one attempt and no time to lose. */
const single: readonly Fault[] = [
  ['a receiver that holds its log for 2 s', { receiverFault: faults.held('get', 'LOG', 2000) }, 0, /PASS/],
  ['a log that comes twice', { receiverFault: faults.duplicate('LOG') }, 0, /PASS/],
  ['a daemon that is stopped only after 3 s', { senderFault: faults.slowStop(3000) }, 0, /PASS/],
  [
    'an empty answer without a reason',
    { senderFault: faults.emptyAnswer('set', 'IF_NAME') },
    4,
    /sender a on 127\.0\.0\.1: SET IF_NAME was refused: no reason was given/,
  ],
  [
    'an empty answer in place of a log',
    { senderFault: faults.emptyAnswer('get', 'LOG') },
    3,
    /the log of sender a on 127\.0\.0\.1 could not be read: .*GET LOG was refused/,
  ],
  [
    'silence from the beginning',
    { senderFault: faults.silence('get', 'CURRENT_CLOCK_TAI') },
    4,
    /no answer to GET CURRENT_CLOCK_TAI in 2000 ms: in use by another client, or frozen/,
  ],
  [
    'silence when told to start',
    { senderFault: faults.silence('set', 'TEST_STATE') },
    3,
    /unexpected response|no answer to SET TEST_STATE/,
  ],
  [
    'an end in mid-frame',
    { senderFault: faults.eofInFrame('set', 'PACKET_SIZE') },
    4,
    /sender a on 127\.0\.0\.1: the connection was closed by the other side/,
  ],
  [
    'an end in the middle of a log',
    { receiverFault: faults.eofInFrame('get', 'LOG') },
    3,
    /the log of receiver a on 127\.0\.0\.2 could not be read: .*closed by the other side/,
  ],
  [
    'protocol version 3',
    { senderFault: faults.version3('get', 'CURRENT_CLOCK_TAI') },
    4,
    /expected protocol version 2, got 3/,
  ],
  [
    'an answer that claims 4 GiB',
    { receiverFault: faults.fourGiB('get', 'LOG') },
    3,
    /expected a frame of at most 65\d{3} bytes, got 4294967303/,
  ],
]

/** All at once: nearly all of their time is waiting. */
let runs: ReadonlyMap<string, Promise<Ran>> | undefined
const runOf = (what: string): Promise<Ran> => {
  runs ??= new Map(single.map(([name, pair]) => [name, started(pair)]))
  return runs.get(what) as Promise<Ran>
}
function started(pair: FakePairOptions): Promise<Ran> {
  const run = orchestrated([pair], ['--attempts', '1', '--timeout', '10s'])
  run.catch(() => undefined) // whoever asks for it is told
  return run
}

for (const [what, , code, says] of single)
  test(`${what}: exit code ${code}, the reason once, no reset`, async () => {
    const { code: got, output, pairs } = await runOf(what)
    assert.is(got, code, output)
    assert.match(output, says)
    assert.ok((output.match(/problem:/g) ?? []).length <= 1, output)
    for (const { sender, receiver } of pairs) assert.equal([sender.resets, receiver.resets], [0, 0])
  })

test('4 GiB are refused at the header, before anything is kept for them', async () => {
  const before = process.memoryUsage().rss
  await runOf('an answer that claims 4 GiB')
  assert.ok(process.memoryUsage().rss - before < 2 ** 30)
})

test('a sender that was told to start is told to stop, whatever went wrong', async () => {
  for (const what of ['an empty answer in place of a log', 'an end in the middle of a log']) {
    const [pair] = (await runOf(what)).pairs
    assert.equal(pair?.sender.told.at(-1), ['TEST_STATE', '00000000'], what)
  }
})

/** A fault that shows itself only the first time. */
function once(fault: (typeof single)[number][1]['senderFault']): NonNullable<typeof fault> {
  let done = false
  return (request, to) => {
    if (done || fault === undefined) return false
    done = fault(request, to)
    return done
  }
}

test('what goes wrong in one attempt is tried again, and the receiver is told its count anew', async () => {
  const receiverFault = once(faults.emptyAnswer('get', 'LOG'))
  const { code, output, pairs } = await orchestrated([{ receiverFault }])
  assert.is(code, 0, output)
  assert.match(output, /attempt 1 of 3 is void/)
  const counts = pairs[0]?.receiver.told.filter(([message]) => message === 'PACKET_COUNT')
  assert.is(counts?.length, 2)
  assert.is(pairs[0]?.starts.length, 2)
  // A daemon takes the headers off the size at each start of a UDP test; ours is told it before each.
  assert.is(pairs[0]?.sender.told.filter(([message]) => message === 'PACKET_SIZE').length, 2)
})

test('a log whose transfer breaks off is had over another connection, and costs no attempt', async () => {
  const receiverFault = once(faults.eofInFrame('get', 'LOG'))
  const { code, output, pairs } = await orchestrated([{ receiverFault }])
  assert.is(code, 0, output)
  assert.not.match(output, /void/)
  assert.is(pairs[0]?.starts.length, 1)
  assert.is(pairs[0]?.receiver.seen.filter(each => each === 'GET LOG').length, 2)
})

test.run()
