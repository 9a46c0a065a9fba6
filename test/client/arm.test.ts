import * as assert from 'uvu/assert'
import { bookUntilArmed } from '../../src/client/arm.ts'
import type { Member, Order } from '../../src/client/book.ts'
import { micros } from '../../src/units/micros.ts'
import { refusal } from '../fixtures/processes.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('client/arm')

interface Ending {
  readonly state: string
  readonly code?: string
}

/** An endpoint that is free, takes whatever is asked, and whose reservations come to these states, one after the other. */
function endpointNamed(name: string, ends: readonly Ending[]) {
  const asked: { op: string; fields: Record<string, unknown> }[] = []
  const states = new Map<string, Ending>()
  const left = [...ends]
  const now = Date.now() * 1_000
  const range = { from: now + 500_000, to: now + 60_000_000 }
  const offer = { ranges: [range], known: range.to }
  const answers: Record<string, (fields: Record<string, unknown>) => object> = {
    avail: () => ({ asked: range, soft: offer, hard: offer }),
    hold: ({ rid, gid, start, duration }) => {
      const window = { from: Number(start) - 400_000, to: Number(start) + Number(duration) + 1_000_000 }
      const margins = { before: 400_000, after: 1_000_000, clockError: 2_000, setup: 300_000, overrun: 500_000 }
      return { receipt: { rid, gid, start, duration, window, margins, ports: {}, epoch: 1 } }
    },
    confirm: ({ rid }) => {
      states.set(String(rid), left.shift() ?? { state: 'armed' })
      return {}
    },
    status: ({ rid }) => {
      const { state = 'held', code } = states.get(String(rid)) ?? {}
      return { reservation: { rid, state, reason: code === undefined ? undefined : { code, data: {} } } }
    },
  }
  const session = {
    host: name.toUpperCase(),
    welcome: { endpoint: name, peerPort: 6001, clock: { error: 1_000 } },
    ask: async (op: string, fields: Record<string, unknown>) => {
      asked.push({ op, fields })
      return { id: '', ok: true, ...answers[op]?.(fields) }
    },
    tell: (op: string, fields: Record<string, unknown>) => asked.push({ op, fields }),
    onChange: () => undefined,
    keep: () => undefined,
    lost: new AbortController().signal,
  }
  const seen = { offset: micros(0), within: micros(0), roundTrip: micros(1_000) }
  return { asked, member: { session, seen, spec: { block: [] }, address: '192.0.2.1' } as unknown as Member }
}

const orderOf = (...members: readonly Member[]): Order => ({
  ...{ members, when: { after: micros(0), within: micros(60_000_000) }, duration: micros(1_000_000) },
  ...{ onDisconnect: 'cancel', what: 'x' },
})

const options = { what: 'bulk', booked: () => undefined, told: () => undefined }
const signal = new AbortController().signal

test('members that do not find each other in time are booked anew, with more time for it', async () => {
  const silent = { state: 'aborted', code: 'PEER_SILENT' }
  const [a, b] = [endpointNamed('a', [silent]), endpointNamed('b', [{ state: 'armed' }])]
  const { booking, following } = await bookUntilArmed(orderOf(a.member, b.member), options, signal)
  // What only waits has left no result that could be asked for.
  assert.not.ok(following.mayHaveRun())
  const first = a.asked.find(({ op }) => op === 'hold')?.fields['rid']
  assert.not.equal(booking.rids['a'], first)
  const trips = a.asked.filter(({ op }) => op === 'avail').map(({ fields }) => fields['roundTrip'])
  assert.equal(trips, [1_000, 101_000])
  // What was armed of it elsewhere does not wait for its start.
  assert.equal(
    b.asked.filter(({ op }) => op === 'cancel').map(({ fields }) => fields['rid']),
    [b.asked.find(({ op }) => op === 'hold')?.fields['rid']],
  )
})

test('it is not tried for ever, and not at all where another attempt would end like this one', async () => {
  const silent = { state: 'aborted', code: 'PEER_SILENT' }
  const never = endpointNamed('a', [silent, silent, silent, silent])
  const { code, message } = await refusal(bookUntilArmed(orderOf(never.member), options, signal))
  assert.equal(
    [code, message],
    ['HOST_BROKER', 'bulk: A: aborted, a peer said nothing before the arm deadline [PEER_SILENT]'],
  )
  assert.is(never.asked.filter(({ op }) => op === 'confirm').length, 3)
  const wrong = endpointNamed('a', [{ state: 'aborted', code: 'CLOCK_OFFSET' }])
  assert.is((await refusal(bookUntilArmed(orderOf(wrong.member), options, signal))).code, 'SYNC_ENDPOINTS')
  assert.is(wrong.asked.filter(({ op }) => op === 'confirm').length, 1)
})

test('members are told where the one with the smallest name listens, and share a key; one alone is told neither', async () => {
  const [b, a] = [endpointNamed('b', []), endpointNamed('a', [])]
  await bookUntilArmed(orderOf(b.member, a.member), options, signal)
  const confirmed = [a, b].map(({ asked }) => asked.find(({ op }) => op === 'confirm')?.fields)
  assert.equal(confirmed[0]?.['links'], { a: { address: '192.0.2.1', port: 6001 } })
  assert.match(String(confirmed[0]?.['key']), /^[0-9a-f]{64}$/)
  assert.is(confirmed[0]?.['key'], confirmed[1]?.['key'])
  assert.is(confirmed[0]?.['digest'], confirmed[1]?.['digest'])
  const alone = endpointNamed('a', [])
  await bookUntilArmed(orderOf(alone.member), options, signal)
  const fields = alone.asked.find(({ op }) => op === 'confirm')?.fields
  assert.equal([fields?.['key'], fields?.['links']], [undefined, undefined])
})

test('who gives up while it waits for the peers takes it back', async () => {
  const waiting = endpointNamed('a', [{ state: 'confirmed' }])
  const stop = new AbortController()
  const booking = refusal(bookUntilArmed(orderOf(waiting.member), options, stop.signal))
  while (!waiting.asked.some(({ op }) => op === 'status')) await new Promise(next => setTimeout(next, 10))
  stop.abort(Object.assign(new Error('enough'), { code: 'ENOUGH' }))
  await booking.catch(() => undefined)
  assert.ok(waiting.asked.some(({ op }) => op === 'cancel'))
})

test.run()
