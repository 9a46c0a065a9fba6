import { createPublicKey, verify } from 'node:crypto'
import ssh2 from 'ssh2'
import * as assert from 'uvu/assert'
import { newSshKey } from '../../src/lab/ssh-key.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('lab/ssh-key')

test('another program reads the private key, and what it signs the public line verifies', () => {
  // Comments of all lengths give paddings of all lengths.
  for (let length = 0; length <= 16; length++) {
    const { privateFile, publicLine } = newSshKey('c'.repeat(length))
    const [secret, open] = [privateFile, publicLine].map(text => ssh2.utils.parseKey(text))
    if (secret === undefined || open === undefined || secret instanceof Error || open instanceof Error)
      throw new Error(`unreadable: ${secret} ${open}`)
    assert.is(secret.comment, 'c'.repeat(length))
    assert.is(secret.getPublicSSH().toString('hex'), open.getPublicSSH().toString('hex'))
    const signature = secret.sign('something')
    if (signature instanceof Error) throw signature
    assert.ok(verify(null, Buffer.from('something'), createPublicKey(open.getPublicPEM()), signature))
  }
})

test('no two keys are the same', () => {
  assert.is(new Set(Array.from({ length: 20 }, () => newSshKey('x').publicLine)).size, 20)
})

test.run()
