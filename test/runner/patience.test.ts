import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as assert from 'uvu/assert'
import { anySignalWithin } from '../../src/runner/patience.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/patience')

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

test('a limit of time is kept when garbage is collected before it is over', async () => {
  const wait = () => {
    const { signal } = anySignalWithin(100, new AbortController().signal)
    return once(signal, 'abort').then(() => signal.reason.name)
  }
  const waiting = Promise.all(Array.from({ length: 20 }, wait))
  // What a turn of the event loop has looked at is not collected within it.
  for (let turn = 0; turn < 3; turn++) {
    await nextTurn()
    collectGarbage()
  }
  assert.equal(await waiting, Array(20).fill('TimeoutError'))
})

test('who stops before the limit is not told of it, and others abort with their own reason', async () => {
  const other = new AbortController()
  const { signal, done } = anySignalWithin(20, other.signal)
  const later = anySignalWithin(20)
  done()
  await once(later.signal, 'abort')
  assert.is(signal.aborted, false)
  other.abort(new Error('enough'))
  assert.is(signal.reason.message, 'enough')
})

test.run()
