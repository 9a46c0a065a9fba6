import { constants } from 'node:os'
import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { errnoName } from '../../src/wire/errno.ts'
import { decodeRemoteError, describeRemoteError, encodeRemoteError } from '../../src/wire/remote-error.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('wire: remote errors')

for (const [code, name] of [
  [1, 'EPERM'],
  [2, 'ENOENT'],
  [12, 'ENOMEM'],
  [19, 'ENODEV'],
  [22, 'EINVAL'],
  [95, 'EOPNOTSUPP'],
  [100, 'ENETDOWN'],
  [110, 'ETIMEDOUT'],
  [111, 'ECONNREFUSED'],
  [133, 'EHWPOISON'],
  [41, 'errno 41'],
  [58, 'errno 58'],
  [134, 'errno 134'],
] as const)
  test(`errno ${code} is ${name}, with either sign`, () => {
    assert.equal([errnoName(code), errnoName(-code)], [name, name])
  })

const otherSystem = process.platform === 'linux' ? undefined : 'this system is not Linux'
test.unless(otherSystem, 'the names are those of this Linux', () => {
  const twoNames = new Set(['EWOULDBLOCK', 'ENOTSUP'])
  for (const [name, number] of Object.entries(constants.errno))
    if (!twoNames.has(name)) assert.is(errnoName(number), name)
})

test('an error is a signed code and a text', () => {
  assert.equal(decodeRemoteError(Buffer.from('ffffff9170746f6e', 'hex')), { code: -111, text: 'pton' })
  assert.equal(decodeRemoteError(Buffer.from('00000000', 'hex')), { code: 0, text: '' })
  assert.is(encodeRemoteError({ code: -111, text: 'pton' }).toString('hex'), 'ffffff9170746f6e')
  assert.is(describeRemoteError({ code: -111, text: 'pton' }), 'ECONNREFUSED (-111): pton')
  assert.is(describeRemoteError({ code: -22, text: '' }), 'EINVAL (-22)')
  assert.throws(
    () => decodeRemoteError(Buffer.alloc(3)),
    (error: unknown) => error instanceof LockstepError && error.code === 'WIRE_PAYLOAD',
  )
})

test.run()
