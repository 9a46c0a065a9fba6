import * as assert from 'uvu/assert'
import { type Trouble, troubles } from '../../src/runner/context.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/troubles')

const death: Trouble = { kind: 'died', what: 'phc2sys on A ended with exit status 255' }
const suspicion: Trouble = { kind: 'suspicion', host: 'A', reason: 'offset', inARow: 1 }

test('a death that nobody heard is told to the next listener, a suspicion is not', () => {
  const trouble = troubles()
  trouble.report(death)
  trouble.report(suspicion)
  const heard: Trouble[] = []
  trouble.listen(each => heard.push(each))
  assert.equal(heard, [death])
})

test('what runs again is dead no longer', () => {
  const trouble = troubles()
  trouble.report(death)
  trouble.forgetDeaths()
  const heard: Trouble[] = []
  trouble.listen(each => heard.push(each))
  assert.equal(heard, [])
})

test('who has stopped listening hears nothing', () => {
  const trouble = troubles()
  const heard: Trouble[] = []
  const stop = trouble.listen(each => heard.push(each))
  trouble.report(suspicion)
  stop()
  trouble.report(death)
  assert.equal(heard, [suspicion])
})

test.run()
