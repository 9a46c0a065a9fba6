import * as assert from 'uvu/assert'
import { type ReasonCode, reason, reasons } from '../../src/book/reasons.ts'
import { endOf, refusalError } from '../../src/client/refusal.ts'
import { exitCodeOf } from '../../src/errors/codes.ts'
import { moment } from '../../src/units/micros.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('client/refusal')

test('every reason has its exit code: usage, clocks, a host that is lost, else the book', () => {
  const expected: Partial<Record<ReasonCode, number>> = {
    ...{ BAD_REQUEST: 2, VERSION: 2, UNSUPPORTED: 2 },
    ...{ CLOCK_UNSYNC: 3, CLOCK_OFFSET: 3, CLOCK_STEP: 3 },
    ...{ PEER_UNREACHABLE: 4, PEER_MISSING: 4, PEER_SILENT: 4, PEER_MISMATCH: 4 },
  }
  for (const code of Object.keys(reasons) as ReasonCode[]) {
    const error = refusalError(reason(code), 'A')
    assert.is(exitCodeOf(error.code), expected[code] ?? 5, code)
    assert.is(error.message, `A: ${reasons[code].meaning} [${code}]`)
  }
})

test('the facts of the asker stand in the message, times in the hint', () => {
  const limit = refusalError(reason('LIMIT', { limit: 'duration', asked: 70, allowed: 60 }), undefined)
  assert.is(limit.message, 'the request is beyond a limit of the class: limit duration, asked 70, allowed 60 [LIMIT]')
  const at = Date.parse('2030-01-01T00:00:00Z') * 1_000
  const busy = refusalError(reason('BUSY', { next: { A: at - 5, B: at }, firm: true }), undefined)
  assert.equal(
    [busy.message, busy.hint],
    ['the resource is taken at this time [BUSY]', 'there is room at 2030-01-01T00:00:00.000Z: see --latest'],
  )
  // Where one endpoint knows of none, nobody knows.
  assert.is(refusalError(reason('BUSY', { next: { A: at, B: undefined } }), undefined).hint, undefined)
  assert.is(refusalError(reason('CONTENDED', { attempts: 3 }), undefined).hint, 'try again')
})

test('an end that should not have been says of which test and host it is, and why', () => {
  const view = {
    rid: 'r',
    gid: 'g',
    kind: 'k',
    start: moment(0),
    duration: 0,
    window: { from: 0, to: 1 },
    overstays: false,
  }
  const ended = (state: string, why?: { code: string; data: object }) =>
    endOf('bulk', 'A', { ...view, state, reason: why } as unknown as Parameters<typeof endOf>[2])
  assert.is(ended('cancelled').message, 'bulk: A: the reservation is cancelled')
  const failed = ended('failed', { code: 'TOOL_FAILED', data: { exit: 1 } })
  assert.is(failed.message, 'bulk: A: failed, the tool ended with an error: exit 1 [TOOL_FAILED]')
  assert.equal([exitCodeOf(failed.code), exitCodeOf(ended('aborted', { code: 'PEER_MISSING', data: {} }).code)], [3, 4])
  const clocks = ended('aborted', { code: 'CLOCK_OFFSET', data: { detail: 'B is behind A', offset: 5 } })
  assert.match(clocks.message, /two clocks differ by more than they claim: B is behind A \[CLOCK_OFFSET\]$/)
})

test.run()
