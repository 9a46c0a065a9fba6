import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { noRules } from '../../src/book/limits.ts'
import { type Login, loginOf } from '../../src/broker/login.ts'
import { callerOf, isCaller } from '../../src/broker/who.ts'
import { readLimits } from '../../src/limits/read.ts'
import { limitsText } from '../fixtures/limits-file.ts'
import { refusal } from '../fixtures/processes.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'
import { needsRoot } from '../fixtures/test-processes.ts'

const test = suite('who asks the broker')

const rules = readLimits('limits.yaml', limitsText)
const login = (fingerprint: string, principals: readonly string[] = [], address = '192.0.2.7'): Login => ({
  keys: [{ fingerprint, principals }],
  address,
})
const who = (asked: Login, forced?: string) => {
  const found = callerOf(rules, asked, forced)
  return isCaller(found) ? `${found.identity} in ${found.class.name}${found.admin ? ', admin' : ''}` : found
}

test('a key, a name in a certificate and the name in a forced command make an identity', () => {
  assert.is(who(login('SHA256:abc')), 'alice in members')
  assert.is(who(login('SHA256:def')), 'ops in root, admin')
  assert.is(who(login('SHA256:other', ['bench', 'ci-runner'])), 'ci in night')
  assert.is(who(login('SHA256:other'), 'ci'), 'ci in night')
})

test('a key of its own comes before the names in its certificate, the forced name before both', () => {
  assert.is(who(login('SHA256:def', ['ci-runner'])), 'ops in root, admin')
  assert.is(who(login('SHA256:def'), 'ci'), 'ci in night')
})

test('whoever no identity fits is told the key that was looked for', () => {
  assert.equal(who(login('SHA256:other')), { code: 'IDENTITY_UNKNOWN', data: { fingerprint: 'SHA256:other' } })
  assert.equal(who(login('SHA256:abc'), 'bob'), { code: 'IDENTITY_UNKNOWN', data: { identity: 'bob' } })
  assert.equal(who(login('SHA256:abc'), '__proto__'), { code: 'IDENTITY_UNKNOWN', data: { identity: '__proto__' } })
  assert.equal(who({ keys: [], address: undefined }), { code: 'IDENTITY_UNKNOWN', data: {} })
  assert.equal(callerOf(noRules, login('SHA256:abc'), undefined), {
    code: 'IDENTITY_UNKNOWN',
    data: { fingerprint: 'SHA256:abc' },
  })
})

test('an identity from elsewhere is in another class, and one whose class is closed may nothing', () => {
  const closed = { code: 'CLASS_DENIED', data: { identity: 'alice', class: 'closed' } }
  assert.equal(who(login('SHA256:abc', [], '198.51.100.7')), closed)
  assert.equal(who(login('SHA256:abc', [], 'UNKNOWN')), closed)
  const open = { ...rules, assign: [] }
  assert.equal(callerOf(open, login('SHA256:abc'), undefined), { code: 'CLASS_DENIED', data: { identity: 'alice' } })
})

test('what sshd says of the login is only taken from a file of our own that nobody else can touch', () =>
  withFolder(async folder => {
    const file = join(folder, 'sshauth')
    const read = () => loginOf({ SSH_USER_AUTH: file, SSH_CONNECTION: '192.0.2.7 1 192.0.2.1 22' })
    await writeFile(file, 'publickey ssh-ed25519 nonsense\npassword\n', { mode: 0o600 })
    assert.equal(await read(), { keys: [], address: '192.0.2.7' })
    await chmod(file, 0o640)
    assert.is((await refusal(read())).code, 'BOOK_LOGIN')
    await symlink(join(folder, 'other'), join(folder, 'link'))
    await writeFile(join(folder, 'other'), '', { mode: 0o600 })
    await mkdir(join(folder, 'folder'), { mode: 0o700 })
    for (const name of ['link', 'folder', 'missing'])
      assert.is((await refusal(loginOf({ SSH_USER_AUTH: join(folder, name) }))).code, 'BOOK_LOGIN', name)
  }))

test.unless(needsRoot, 'a file of another account says nothing of the login', () =>
  withFolder(async folder => {
    const file = join(folder, 'sshauth')
    await writeFile(file, '', { mode: 0o600 })
    await chown(file, 65_534, 65_534)
    assert.is((await refusal(loginOf({ SSH_USER_AUTH: file }))).code, 'BOOK_LOGIN')
  }),
)

test.run()
