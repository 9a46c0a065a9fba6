import * as assert from 'uvu/assert'
import { readConfigFile } from '../../src/inventory/config-file.ts'
import { newReport } from '../../src/inventory/report.ts'
import { readSettings } from '../../src/inventory/settings.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('inventory/settings')

function settings(text: string, env: Readonly<Record<string, string>> = {}) {
  const config = readConfigFile('etc/ansible.cfg', text, newReport())
  return readSettings({ config, configDir: 'etc', env: { HOME: '/home/me', ...env }, cwd: '/lab' })
}

const defaults = (text: string, env?: Readonly<Record<string, string>>) =>
  Object.fromEntries([...settings(text, env).defaults].map(([name, { value }]) => [name, value]))

/** Of a section and what stands in it, the connection variable that it stands in for. */
const rows: readonly (readonly [line: string, variable: string, value: string])[] = [
  ['[defaults]\nremote_user = "ops"', 'ansible_user', 'ops'],
  ['[defaults]\nremote_port = 2222', 'ansible_port', '2222'],
  ['[defaults]\nprivate_key_file = keys/id', 'ansible_private_key_file', 'etc/keys/id'],
  ['[defaults]\nprivate_key_file = ~/.ssh/id', 'ansible_private_key_file', '/home/me/.ssh/id'],
  ['[defaults]\nprivate_key_file = $HOME/id', 'ansible_private_key_file', '/home/me/id'],
  ['[defaults]\nprivate_key_file = {{CWD}}/id', 'ansible_private_key_file', '/lab/id'],
  ['[defaults]\nhost_key_checking = False', 'ansible_host_key_checking', 'False'],
  ['[defaults]\nhost_key_checking = 1\n[ssh_connection]\nhost_key_checking = 0', 'ansible_host_key_checking', '0'],
  ['[defaults]\ntimeout = 7', 'ansible_timeout', '7'],
  ['[ssh_connection]\nssh_args = -o A=1', 'ansible_ssh_args', '-o A=1'],
  ['[ssh_connection]\nssh_common_args = "-J jump"', 'ansible_ssh_common_args', '-J jump'],
  ['[ssh_connection]\nssh_extra_args = -q', 'ansible_ssh_extra_args', '-q'],
  ['[privilege_escalation]\nbecome = yes', 'ansible_become', 'yes'],
  ['[privilege_escalation]\nbecome_user = lab', 'ansible_become_user', 'lab'],
  ['[privilege_escalation]\nbecome_method = su', 'ansible_become_method', 'su'],
]

for (const [line, variable, value] of rows)
  test(`${line.replaceAll('\n', ' ')} is ${variable}`, () => {
    assert.equal(defaults(line), { [variable]: value })
  })

test('everything else in ansible.cfg is passed over', () => {
  const { sources, vaultIds, vaultPasswordFile } = settings(
    '[defaults]\nforks = 20\ncallbacks = x\n[galaxy]\nserver = y',
  )
  assert.equal([sources, vaultIds, vaultPasswordFile, defaults('[defaults]\nforks = 20')], [[], [], undefined, {}])
})

test('the environment wins over the file; an empty variable wins too', () => {
  const file = '[defaults]\nremote_user = a\ntimeout = 7'
  assert.equal(defaults(file, { ANSIBLE_REMOTE_USER: 'b' }), { ansible_user: 'b', ansible_timeout: '7' })
  assert.equal(defaults(file, { ANSIBLE_REMOTE_USER: '' }), { ansible_timeout: '7' })
  assert.equal(defaults('', { ANSIBLE_PRIVATE_KEY_FILE: 'id' }), { ansible_private_key_file: 'id' })
  assert.equal(defaults('', { ANSIBLE_HOST_KEY_CHECKING: 'no', ANSIBLE_TIMEOUT: '3' }), {
    ansible_host_key_checking: 'no',
    ansible_timeout: '3',
  })
})

test('inventories of the file start where it lies, those of the environment where we are', () => {
  const texts = (text: string, env?: Readonly<Record<string, string>>) =>
    settings(text, env).sources.map(each => each.text)
  assert.equal(texts('[defaults]\ninventory = hosts.ini , /abs,../up,'), ['etc/hosts.ini', '/abs', 'up'])
  assert.equal(texts('[defaults]\ninventory = a', { ANSIBLE_INVENTORY: 'x,y' }), ['x', 'y'])
  assert.equal(
    settings('[defaults]\ninventory = a, b').sources.map(({ at }) => at),
    [
      { file: 'etc/ansible.cfg', line: 2, column: 13 },
      { file: 'etc/ansible.cfg', line: 2, column: 16 },
    ],
  )
})

test('vault ids are a list; the password file is a path', () => {
  const { vaultIds, vaultPasswordFile } = settings(
    '[defaults]\nvault_identity_list = lab@pw, "x@prompt"\nvault_password_file = pw\n',
  )
  assert.equal(
    vaultIds.map(({ text }) => text),
    ['lab@pw', 'x@prompt'],
  )
  assert.is(vaultPasswordFile?.text, 'etc/pw')
  const env = { ANSIBLE_VAULT_IDENTITY_LIST: 'a@b', ANSIBLE_VAULT_PASSWORD_FILE: 'c' }
  const fromEnvironment = settings('[defaults]\nvault_password_file = pw\n', env)
  assert.equal([fromEnvironment.vaultIds[0]?.text, fromEnvironment.vaultPasswordFile?.text], ['a@b', 'c'])
})

test.run()
