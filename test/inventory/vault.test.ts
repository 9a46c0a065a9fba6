import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { decryptVault, type VaultPassword } from '../../src/inventory/vault.ts'
import { memoryFiles } from '../fixtures/memory-files.ts'
import { suite } from '../fixtures/suite.ts'
import * as vault from '../fixtures/vault.ts'

const test = suite('inventory/vault')

const at = { file: 'h.yml', line: 3, column: 9 }

function refusal(act: () => unknown): LockstepError {
  try {
    act()
  } catch (error) {
    if (error instanceof LockstepError) return error
    throw error
  }
  throw new Error('was not refused')
}

test('formats 1.1 and 1.2 are opened, whatever the order of the passwords', () => {
  for (const passwords of [vault.passwords, [...vault.passwords].reverse()]) {
    assert.is(decryptVault(vault.sealedValue, passwords, at), 's3cret {{ x }} ü')
    assert.is(decryptVault(vault.labelledValue, passwords, at), 'label text')
    assert.is(decryptVault(vault.sealedFile, passwords, at), '---\nvault_pw: 0x123\nb: [1, 2]\n')
  }
})

test('a label chooses no password: any that opens it will do', () => {
  assert.is(decryptVault(vault.labelledValue, [{ id: 'other', password: 'two' }], at), 'label text')
})

test('ends of lines and indentation do not matter', () => {
  const indented = vault.sealedValue.replaceAll('\n', '\r\n  ')
  assert.is(decryptVault(indented, vault.passwords, at), 's3cret {{ x }} ü')
})

const wrong = [{ password: 'pw one ' }]

const refused: readonly [what: string, text: string, passwords: readonly VaultPassword[], message: string][] = [
  ['a wrong password', vault.sealedValue, wrong, 'the password does not open what is encrypted here'],
  [
    'several wrong passwords',
    vault.labelledValue,
    [...wrong, { password: 'x' }],
    "none of 2 passwords opens what is encrypted here (vault id 'lab')",
  ],
  ['bytes that are no UTF-8', vault.sealedBytes, vault.passwords, 'what was encrypted here is no UTF-8 text'],
]

for (const [what, text, passwords, message] of refused)
  test(`${what} is refused at its place`, () => {
    const error = refusal(() => decryptVault(text, passwords, at))
    assert.equal([error.code, error.message, error.at], ['INVENTORY_VAULT', message, at])
  })

const nonsense = [
  vault.sealedValue.replace('1.1', '1.0'),
  vault.sealedValue.replace('AES256', 'AES'),
  vault.sealedValue.slice(0, -2),
  vault.sealedValue.slice(0, 200),
  '$ANSIBLE_VAULT;1.1;AES256\n6162\n',
  '$ANSIBLE_VAULT;1.1;AES256',
]

test('what is no vault text is told apart from a wrong password', () => {
  for (const text of nonsense)
    assert.is(
      refusal(() => decryptVault(text, vault.passwords, at)).message,
      'this is no vault text of format 1.1 or 1.2',
    )
})

test('one changed bit is noticed', () => {
  const last = vault.sealedValue.trimEnd().at(-1)
  const changed = `${vault.sealedValue.trimEnd().slice(0, -1)}${last === '6' ? '7' : '6'}\n`
  assert.match(refusal(() => decryptVault(changed, vault.passwords, at)).message, /none of 2 passwords opens/)
})

const load = (text: string, passwords: readonly VaultPassword[] = vault.passwords) =>
  loadInventory(['hosts'], { files: memoryFiles({ hosts: 'n1\n', 'host_vars/n1.yml': text }), passwords })

test('a file of variables that is encrypted as a whole is read, and all of it is secret', () => {
  const { hosts, warnings } = load(vault.sealedFile)
  const [host] = hosts
  assert.equal(warnings, [])
  assert.equal(
    [...(host?.vars ?? [])].map(([name, { value, secret }]) => [name, value, secret]),
    [
      ['vault_pw', 0x123n, true],
      ['b', [1n, 2n], true],
    ],
  )
})

test('a file that no password opens stops the run', () => {
  const error = refusal(() => load(vault.sealedFile, wrong))
  assert.is(error.code, 'INVENTORY_VAULT')
  assert.equal(error.at, { file: 'host_vars/n1.yml', line: 1, column: 1 })
})

test('what is wrong inside an encrypted file is said without quoting it', () => {
  const error = refusal(() => load(vault.sealedNonsense))
  assert.match(error.message, /^line \d of the decrypted text is not as variables are written$/)
  assert.is(error.hint, 'ansible-vault view host_vars/n1.yml shows it')
})

test.run()
