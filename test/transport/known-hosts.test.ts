import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { fingerprint, judgeHostKey, knownTypes, parseKnownHosts } from '../../src/transport/known-hosts.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('transport/known-hosts')

/** A key blob of a type, with content that tells keys apart: what the base64 column holds. */
function key(type: string, content: string): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32BE(type.length)
  return Buffer.concat([size, Buffer.from(type), Buffer.from(content)])
}
const ed = (content: string) => key('ssh-ed25519', content)
const line = (names: string, blob: Buffer) => `${names} ssh-ed25519 ${blob.toString('base64')} comment`

const cases: readonly (readonly [string, string, string, number, Buffer, string])[] = [
  ['a plain name', line('a', ed('1')), 'a', 22, ed('1'), 'known'],
  ['names in any case', line('Host.Example', ed('1')), 'hOST.example', 22, ed('1'), 'known'],
  ['another key', line('a', ed('1')), 'a', 22, ed('2'), 'changed'],
  ['another host', line('b', ed('1')), 'a', 22, ed('1'), 'unknown'],
  ['a list of names', line('b,a,10.0.0.1', ed('1')), '10.0.0.1', 22, ed('1'), 'known'],
  ['a port', line('[a]:2222', ed('1')), 'a', 2222, ed('1'), 'known'],
  ['another port', line('[a]:2222', ed('1')), 'a', 2223, ed('1'), 'unknown'],
  ['a port against the plain name', line('[a]:2222', ed('1')), 'a', 22, ed('1'), 'unknown'],
  ['the plain name vouches for a port', line('a', ed('1')), 'a', 2222, ed('1'), 'known'],
  ['the plain name does not speak against a port', line('a', ed('1')), 'a', 2222, ed('2'), 'unknown'],
  ['wildcards', line('*.lab,10.0.?.1', ed('1')), '10.0.7.1', 22, ed('1'), 'known'],
  ['a dot is a dot', line('a.b', ed('1')), 'axb', 22, ed('1'), 'unknown'],
  ['wildcards with a port', line('[*.lab]:2222', ed('1')), 'x.lab', 2222, ed('1'), 'known'],
  ['a negation', line('*.lab,!bad.lab', ed('1')), 'bad.lab', 22, ed('1'), 'unknown'],
  ['a negation alone', line('!bad.lab', ed('1')), 'good.lab', 22, ed('1'), 'unknown'],
  ['a revoked key', `@revoked ${line('*', ed('1'))}\n${line('a', ed('1'))}`, 'a', 22, ed('1'), 'revoked'],
  [
    'a revoked key beside a good one',
    `@revoked ${line('*', ed('9'))}\n${line('a', ed('1'))}`,
    'a',
    22,
    ed('1'),
    'known',
  ],
  ['a certificate authority', `@cert-authority ${line('a', ed('1'))}`, 'a', 22, ed('1'), 'unknown'],
  ['a comment', `# ${line('a', ed('1'))}`, 'a', 22, ed('1'), 'unknown'],
  ['a broken line before a good one', `a ssh-ed25519\n\n${line('a', ed('1'))}`, 'a', 22, ed('1'), 'known'],
  ['a key that is not of the type it says', `a ssh-rsa ${ed('1').toString('base64')}`, 'a', 22, ed('1'), 'unknown'],
  ['a second type', line('a', ed('1')), 'a', 22, key('ssh-rsa', '1'), 'unknown'],
  ['two keys of one type', `${line('a', ed('1'))}\n${line('a', ed('2'))}`, 'a', 22, ed('2'), 'known'],
]

for (const [name, text, host, port, blob, expected] of cases) {
  test(name, () => assert.is(judgeHostKey(parseKnownHosts('f', text), host, port, blob).kind, expected))
}

test('a changed key names the line that has the old one', () => {
  const verdict = judgeHostKey(parseKnownHosts('f', `#\n\n${line('a', ed('1'))}`), 'a', 22, ed('2'))
  assert.equal(verdict.kind === 'changed' && [verdict.key.file, verdict.key.line], ['f', 3])
})

test('the types known for a host are those of its own lines', () => {
  const text = `${line('a', ed('1'))}\nb ssh-rsa ${key('ssh-rsa', '1').toString('base64')}`
  assert.equal(knownTypes(parseKnownHosts('f', text), 'a', 22), ['ssh-ed25519'])
  assert.equal(knownTypes(parseKnownHosts('f', text), 'c', 22), [])
})

test('what ssh-keygen hashes is found, with and without a port, and fingerprints are its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-known-'))
  try {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'k')])
    const [type = '', base64 = ''] = readFileSync(join(folder, 'k.pub'), 'utf8').split(' ')
    const file = join(folder, 'known_hosts')
    writeFileSync(file, `a ${type} ${base64}\n[b]:2222 ${type} ${base64}\n`)
    execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' })
    const keys = parseKnownHosts(file, readFileSync(file, 'utf8'))
    const blob = Buffer.from(base64, 'base64')
    assert.match(readFileSync(file, 'utf8'), /^\|1\|/)
    const verdicts = [
      judgeHostKey(keys, 'a', 22, blob),
      judgeHostKey(keys, 'b', 2222, blob),
      judgeHostKey(keys, 'b', 22, blob),
    ]
    assert.equal(
      verdicts.map(verdict => verdict.kind),
      ['known', 'known', 'unknown'],
    )
    assert.is(
      execFileSync('ssh-keygen', ['-lf', join(folder, 'k.pub')], { encoding: 'utf8' }).split(' ')[1],
      fingerprint(blob),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test.run()
