import { connect } from 'node:net'
import * as assert from 'uvu/assert'
import { openClient } from '../../src/runner/ends.ts'
import { withFakeIsochron } from '../fixtures/fake-isochron.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/ends')

test('a connection to a port that answers nothing is hung up again, cleanly', () =>
  withFakeIsochron({ role: 'sender', fault: () => true }, async fake => {
    const end = { host: 'A', connect: async () => connect(fake.port, '127.0.0.1') }
    await openClient(end, 'sender a on A').then(
      () => assert.unreachable('a frozen daemon was taken for a live one'),
      error => assert.is(error.code, 'WIRE_SILENT'),
    )
    assert.is(fake.resets, 0)
    assert.is(fake.cleanCloses, 1)
  }))

test.run()
