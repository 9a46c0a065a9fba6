import { execFileSync } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { main } from '../../src/cli/main.ts'
import { ns } from '../../src/units/quantity.ts'
import { alongside } from '../fixtures/alongside.ts'
import { withFolder } from '../fixtures/command.ts'
import type { Fault } from '../fixtures/fake-isochron.ts'
import { type FakePair, type FakePairOptions, withFakePairs } from '../fixtures/fake-pair.ts'
import { keptIo } from '../fixtures/io.ts'
import { orchestrationOver, type SendWords } from '../fixtures/orchestration.ts'
import { suite } from '../fixtures/suite.ts'

const tests = suite('cli: orchestrate, where the original goes wrong')
const test = alongside(tests)

interface Situation {
  readonly more?: readonly SendWords[]
  readonly faults?: readonly FakePairOptions[]
  readonly argv?: readonly string[]
  /** Changes the fakes before the run. */
  readonly prepare?: (pairs: readonly FakePair[], interrupt: () => void, cwd: string) => void
}

interface Ran {
  readonly code: number
  readonly output: string
  readonly pairs: readonly FakePair[]
  readonly cwd: string
  /** A file of the run folder. */
  read(file: string): string
}

function orchestrated<T>({ more = [{}], faults, argv = [], prepare }: Situation, use: (ran: Ran) => T): Promise<T> {
  return withFakePairs(faults ?? more.map(() => ({})), pairs =>
    withFolder({}, async cwd => {
      const interruption = new AbortController()
      prepare?.(pairs, () => interruption.abort(), cwd)
      writeFileSync(join(cwd, 'o.txt'), orchestrationOver(pairs, more))
      const kept = keptIo(cwd)
      const code = await main(['orchestrate', '-F', 'o.txt', ...argv], {
        ...kept.io,
        interrupted: interruption.signal,
      })
      const read = (file: string) =>
        readFileSync(join(cwd, 'runs', readdirSync(join(cwd, 'runs'))[0] ?? '', file), 'utf8')
      return use({ code, output: kept.stdout() + kept.stderr(), pairs, cwd, read })
    }),
  )
}

const noResets = (pairs: readonly FakePair[]) => {
  for (const { sender, receiver } of pairs) assert.equal([sender.resets, receiver.resets], [0, 0])
}

/** Answers of a GET in turns, the last one for good. */
function inTurn(name: string, answers: readonly Buffer[]): Fault {
  let at = 0
  return (request, { reply }) => {
    if (request.action !== 'get' || request.name !== name) return false
    reply(answers[Math.min(at++, answers.length - 1)] as Buffer)
    return true
  }
}

const offset = (value: bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}

test('clocks that never come into step end the run at the deadline of the gate, and no frame is sent', () =>
  orchestrated(
    { argv: ['--timeout', '1s'], prepare: ([pair]) => pair?.receiver.say('ptpmonOffset', ns(5_000n)) },
    ({ code, output, pairs }) => {
      assert.is(code, 3, output)
      assert.match(output, /127\.0\.0\.2/)
      assert.equal(pairs[0]?.starts, [])
      noResets(pairs)
    },
  ))

test('three good rounds in a row open the gate, not three in all', () => {
  const [good, bad] = [offset(5n), offset(5_000n)]
  const senderFault = inTurn('PTPMON_OFFSET', [good, good, bad, good, bad, good, good, good])
  return orchestrated({ faults: [{ senderFault }] }, ({ code, output }) => {
    assert.is(code, 0, output)
    assert.match(output, /gate: open after .*, 8 rounds/)
  })
})

test('a clock that leaves its limit while frames flow voids the attempt, which is repeated', () => {
  let isBad = false
  const senderFault: Fault = ({ action, name }, { reply }) => {
    // From the first frame on until the first attempt is over.
    if (action === 'set' && name === 'TEST_STATE') isBad = !isBad && fakeStarts() === 0
    if (action !== 'get' || name !== 'PTPMON_OFFSET' || !isBad) return false
    reply(offset(5_000n))
    return true
  }
  let pair: FakePair | undefined
  const fakeStarts = () => pair?.starts.length ?? 0
  return orchestrated(
    { faults: [{ senderFault }], prepare: ([first]) => (pair = first) },
    ({ code, output, pairs, read }) => {
      assert.is(code, 0, output)
      assert.match(output, /attempt 1 of 3 is void/)
      assert.is(pairs[0]?.starts.length, 2)
      // W20: every reading of the gate and of the traffic stays with the run.
      assert.match(read('sync.ndjson'), /"phcOffset":"?5000"?/)
    },
  )
})

test('an attempt that fails each time is tried as often as was asked, and then the run is over', () => {
  const failed = Buffer.from([2, 0, 0, 0])
  return orchestrated(
    { faults: [{ senderFault: inTurn('TEST_STATE', [failed]) }], argv: ['--attempts', '2'] },
    ({ code, output, pairs }) => {
      assert.is(code, 3, output)
      assert.match(output, /all 2 attempts were void/)
      assert.is(pairs[0]?.starts.length, 2)
      noResets(pairs)
    },
  )
})

test('a base time that the daemon moved, or that is still that of the last test, voids the attempt', () =>
  orchestrated({ faults: [{ senderFault: staleOnce() }] }, ({ code, output }) => {
    assert.is(code, 0, output)
    assert.match(output, /sender a moved its base time from \d+ to 1234/)
  }))

function staleOnce(): Fault {
  let done = false
  return ({ action, name }, { reply }) => {
    if (done || action !== 'get' || name !== 'OPER_BASE_TIME') return false
    done = true
    reply(offset(1234n))
    return true
  }
}

test('one that fails costs the others nothing: their logs are kept', () => {
  const receiverFault: Fault = ({ action, name }, { reply }) => {
    if (action !== 'get' || name !== 'LOG') return false
    reply(Buffer.alloc(0))
    return true
  }
  return orchestrated(
    { more: [{}, {}], faults: [{}, { receiverFault }], argv: ['--attempts', '1'] },
    ({ code, output, read }) => {
      assert.is(code, 3, output)
      assert.ok(read('attempts/1/a.dat').length > 0)
    },
  )
})

test('a cycle above 2 s runs to its computed end, though the daemon says "idle" long before', () => {
  let loggedAt = 0n
  const senderFault: Fault = ({ action, name }, { reply }) => {
    if (action === 'get' && name === 'LOG') loggedAt = (BigInt(Date.now()) + 37_000n) * 1_000_000n
    if (action !== 'get' || name !== 'TEST_STATE') return false
    reply(Buffer.alloc(4))
    return true
  }
  const more = [{ 'cycle-time': '2.5', 'num-frames': '2' }]
  return orchestrated({ more, faults: [{ senderFault }] }, ({ code, output, pairs }) => {
    assert.is(code, 0, output)
    assert.ok(loggedAt > (pairs[0]?.starts[0] ?? 0n) + 2_500_000_000n)
  })
})

test('without timestamps a test ends at its computed end: the daemon would say "running" for ever', () =>
  orchestrated({ more: [{ 'no-ts': true }] }, ({ code, output, pairs }) => {
    assert.is(code, 0, output)
    assert.equal(pairs[0]?.sender.told.at(-1), ['TEST_STATE', '00000000'])
  }))

test('Ctrl-C while frames flow hangs up cleanly: no reset, so no daemon dies', () =>
  orchestrated(
    {
      more: [{ 'num-frames': '3000' }],
      prepare: ([pair], interrupt) => {
        const waiting = setInterval(() => {
          if (pair?.starts.length === 0) return
          clearInterval(waiting)
          setTimeout(interrupt, 100)
        }, 20)
      },
    },
    ({ code, output, pairs }) => {
      assert.is(code, 130, output)
      noResets(pairs)
      for (const { sender, receiver } of pairs) assert.ok(sender.cleanCloses > 0 && receiver.cleanCloses > 0)
    },
  ))

test('output files are written whole, through links; a device stays what it is', () => {
  let hasDevice = false
  return orchestrated(
    {
      more: [{ 'output-file': 'link.dat' }, { 'output-file': 'null.dat' }],
      prepare: (_pairs, _interrupt, cwd) => {
        writeFileSync(join(cwd, 'there.dat'), 'old')
        symlinkSync('there.dat', join(cwd, 'link.dat'))
        hasDevice = madeNull(join(cwd, 'null.dat'))
      },
    },
    ({ code, output, cwd }) => {
      assert.is(code, 0, output)
      assert.ok(lstatSync(join(cwd, 'link.dat')).isSymbolicLink())
      assert.ok(readFileSync(join(cwd, 'there.dat')).length > 100)
      assert.is(lstatSync(join(cwd, 'null.dat')).isCharacterDevice(), hasDevice)
      assert.equal(readdirSync(cwd).sort(), ['link.dat', 'null.dat', 'o.txt', 'runs', 'there.dat'])
    },
  )
})

/** A null device of our own, where that can be had: the machine's is not put at risk. */
function madeNull(path: string): boolean {
  try {
    execFileSync('mknod', [path, 'c', '1', '3'], { stdio: 'ignore' })
    writeFileSync(path, 'x')
    return true
  } catch {
    rmSync(path, { force: true })
    return false
  }
}

for (const [what, file, message] of [
  ['in a folder that is not there', 'none/a.dat', 'there is no such folder'],
  ['that is a folder', '.', 'it is a folder'],
] as const)
  test(`an output file ${what} is refused before anybody is connected to`, () =>
    orchestrated({ more: [{ 'output-file': file }] }, ({ code, output, pairs }) => {
      assert.is(code, 2)
      assert.ok(output.includes(`--output-file ${file}: ${message}`), output)
      assert.equal(pairs[0]?.sender.seen, [])
    }))

test('--utc-tai-offset is told to the sender, and only to the sender', () =>
  orchestrated({ more: [{ 'utc-tai-offset': '37' }] }, ({ code, output, pairs }) => {
    assert.is(code, 0, output)
    const told = (end: 'sender' | 'receiver') => pairs[0]?.[end].told.filter(([message]) => message === 'UTC_OFFSET')
    assert.equal([told('sender'), told('receiver')], [[['UTC_OFFSET', '0025']], []])
  }))

test('an isochron that cannot make its own socket to ask ptp4l is told what it needs', () =>
  orchestrated(
    { prepare: ([pair]) => pair?.sender.refuse('ptpmonEnabled', { code: -13, text: '' }) },
    ({ code, output }) => {
      assert.is(code, 4, output)
      assert.match(output, /SET PTPMON_ENABLED was refused: .*EACCES/)
      assert.match(output, /\/var\/run\/isochron\.PID: that folder must be writable/)
    },
  ))

test('a sender without a receiver is refused before anybody is connected to', () =>
  orchestrated(
    { more: [{ client: undefined, 'stats-port': undefined, 'output-file': undefined, dmac: '1:2:3:4:5:6' }] },
    ({ code, output, pairs }) => {
      assert.is(code, 2)
      assert.match(output, /o\.txt:1:2: section a has no --client/)
      assert.equal(pairs[0]?.sender.seen, [])
    },
  ))

tests.run()
