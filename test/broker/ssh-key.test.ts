import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { readKey, type SshKey } from '../../src/broker/ssh-key.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { makeKey } from '../fixtures/sshd.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('the keys that sshd has seen')

const kinds = [
  ['ed25519', []],
  ['rsa', ['-b', '2048']],
  ['ecdsa', ['-b', '256']],
  ['ecdsa', ['-b', '521']],
] as const

for (const [kind, more] of kinds) {
  test(`a key of ${[kind, ...more].join(' ')} has the fingerprint that ssh-keygen prints`, () =>
    withFolder(async folder => {
      const file = join(folder, 'id')
      makeKey(file, '-t', kind, ...more)
      assert.equal(keyIn(`${file}.pub`), { fingerprint: printedOf(`${file}.pub`), principals: [] })
    }))

  test(`a certificate of ${[kind, ...more].join(' ')} has the fingerprint of its key, and its principals in order`, () =>
    withFolder(async folder => {
      const file = join(folder, 'id')
      makeKey(join(folder, 'ca'))
      makeKey(file, '-t', kind, ...more)
      sign(folder, '-n', 'bench,ci-runner,ü')
      assert.equal(keyIn(`${file}-cert.pub`), {
        fingerprint: printedOf(`${file}.pub`),
        principals: ['bench', 'ci-runner', 'ü'],
      })
    }))
}

test('a certificate of a host is no login, and one for everybody names nobody', () =>
  withFolder(async folder => {
    const file = join(folder, 'id')
    makeKey(join(folder, 'ca'))
    makeKey(file)
    sign(folder, '-h', '-n', 'ci-runner')
    assert.is(keyIn(`${file}-cert.pub`), undefined)
    sign(folder)
    assert.equal(keyIn(`${file}-cert.pub`)?.principals, [])
  }))

test('what is cut off anywhere, or of another type than it says, is no key with other names', () =>
  withFolder(async folder => {
    const file = join(folder, 'id')
    makeKey(join(folder, 'ca'))
    makeKey(file)
    sign(folder, '-n', 'bench,ci-runner')
    const [type = '', base64 = ''] = readFileSync(`${file}-cert.pub`, 'utf8').split(' ')
    const blob = Buffer.from(base64, 'base64')
    const whole = readKey(type, base64)
    for (let length = 0; length < blob.length; length++) {
      const cut = readKey(type, blob.subarray(0, length).toString('base64'))
      assert.ok(cut === undefined || JSON.stringify(cut) === JSON.stringify(whole), `${length} octets`)
    }
    assert.is(readKey('ssh-ed25519', base64), undefined)
    assert.is(readKey('ssh-new-cert-v01@openssh.com', base64), undefined)
    assert.is(readKey('ssh-ed25519', ''), undefined)
  }))

const sign = (folder: string, ...more: readonly string[]) =>
  execFileSync('ssh-keygen', ['-q', '-s', join(folder, 'ca'), '-I', 'test', ...more, join(folder, 'id.pub')])

function keyIn(file: string): SshKey | undefined {
  const [type = '', base64 = ''] = readFileSync(file, 'utf8').split(' ')
  return readKey(type, base64)
}

/** `256 SHA256:… test (ED25519)` */
const printedOf = (file: string) => execFileSync('ssh-keygen', ['-l', '-f', file], { encoding: 'utf8' }).split(' ')[1]

test.run()
