import * as assert from 'uvu/assert'
import { eventsOf, isFinal, isFirm, mayHappen, move, next, type State, states } from '../../src/book/states.ts'
import { LockstepError } from '../../src/errors/error.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('book/states')

const events = [...new Set(states.flatMap(eventsOf))]

test('a test that goes well is held, confirmed, armed, active, trading and done', () => {
  const way: State[] = ['held']
  for (const event of ['confirm', 'go', 'start', 'exit', 'traded'] as const) way.push(next(way.at(-1) ?? 'held', event))
  assert.equal(way, ['held', 'confirmed', 'armed', 'active', 'trading', 'done'])
})

test('what the table does not hold is forbidden, and the message says the state', () => {
  assert.throws(
    () => next('held', 'start'),
    (error: unknown) =>
      error instanceof LockstepError &&
      error.code === 'BOOK_TRANSITION' &&
      error.message === 'cannot start: the reservation is held',
  )
  for (const state of states)
    for (const event of events) if (!mayHappen(state, event)) assert.throws(() => move(state, event), /^cannot /)
})

test('final states let nothing happen any more', () => {
  const final = states.filter(isFinal)
  assert.equal(final, ['done', 'released', 'expired', 'cancelled', 'aborted', 'missed', 'failed'])
  for (const state of final) for (const event of events) assert.not(mayHappen(state, event))
})

test('from every state a way leads to a final one', () => {
  const ends = (state: State, seen: readonly State[]): boolean =>
    isFinal(state) ||
    eventsOf(state).some(event => !seen.includes(next(state, event)) && ends(next(state, event), [...seen, state]))
  for (const state of states) assert.ok(ends(state, []), state)
})

test('whatever others may count on is on disk before they hear of it; only holds may be forgotten', () => {
  for (const state of states)
    for (const event of eventsOf(state)) {
      const { to, durable } = move(state, event)
      const forgettable = state === 'held' && event !== 'confirm'
      assert.is(durable === 'no', forgettable, `${state} ${event}`)
      if (to === 'active' && state !== 'active') assert.is(durable, 'act')
    }
})

test('a transition into a final state frees the claims, and only a process that runs keeps them', () => {
  for (const state of states)
    for (const event of eventsOf(state)) {
      const { to, frees } = move(state, event)
      if (isFinal(to) || to === 'trading') assert.is.not(frees, 'nothing', `${state} ${event}`)
      else assert.is(frees, 'nothing', `${state} ${event}`)
    }
})

test('a hold is not firm, what is over is not either', () => {
  assert.equal(states.filter(isFirm), ['confirmed', 'armed', 'active', 'trading'])
})

test.run()
