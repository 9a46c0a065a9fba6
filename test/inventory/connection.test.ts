import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { connectionOf } from '../../src/inventory/connection.ts'
import { EncryptedValue } from '../../src/inventory/encrypted.ts'
import type { HostConnectionVars } from '../../src/playbook/play.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('inventory/connection')

const of = (vars: Readonly<Record<string, unknown>>): HostConnectionVars =>
  connectionOf('node', new Map(Object.entries(vars)))

test('without any variable a host is reached by ssh under its own name', () => {
  assert.equal(of({}), { kind: 'ssh', address: 'node' })
})

test('every variable ends in its field, whatever type the inventory gave it', () => {
  const vars = {
    ansible_host: '10.0.0.1',
    ansible_port: 2222n,
    ansible_user: 'root',
    ansible_private_key_file: '~/.ssh/id',
    ansible_password: 12345n,
    ansible_host_key_checking: false,
    ansible_timeout: '2.5',
  }
  assert.equal(of(vars), {
    kind: 'ssh',
    address: '10.0.0.1',
    port: 2222,
    user: 'root',
    privateKeyFile: '~/.ssh/id',
    password: '12345',
    hostKeyChecking: false,
    connectTimeoutS: 2.5,
  })
})

test('the longer name wins over the short one, and nothing set is nothing', () => {
  const vars = {
    ansible_user: 'short',
    ansible_ssh_user: 'long',
    ansible_host: 'x',
    ansible_ssh_host: '',
    ansible_port: null,
  }
  assert.equal(of(vars), { kind: 'ssh', address: 'x', user: 'long' })
  const passwords = { ansible_password: 'a', ansible_ssh_pass: 'b', ansible_ssh_password: ' c ' }
  assert.is(of(passwords).password, ' c ')
})

test('ssh arguments are split as a shell does, in the order in which Ansible gives them', () => {
  const vars = {
    ansible_ssh_args: '-o ControlMaster=no',
    ansible_ssh_extra_args: '-v',
    ansible_ssh_common_args: `-o ProxyCommand="ssh -W %h:%p -q 'jump host'" -J a#b`,
  }
  assert.equal(of(vars).sshArgs, [
    ...['-o', 'ControlMaster=no'],
    ...['-o', "ProxyCommand=ssh -W %h:%p -q 'jump host'", '-J', 'a#b'],
    '-v',
  ])
})

test('ssh by any of its names, and local', () => {
  for (const kind of ['ssh', 'smart', 'paramiko', 'ansible.builtin.ssh'])
    assert.is(of({ ansible_connection: kind }).kind, 'ssh')
  assert.is(of({ ansible_connection: 'local' }).kind, 'local')
})

test('yes and no are understood in every form that Ansible takes', () => {
  for (const yes of ['yes', 'True', 'ON', '1', 't', 'Y', true, 1n])
    assert.is(of({ ansible_host_key_checking: yes }).hostKeyChecking, true)
  for (const no of ['no', 'False', 'OFF', '0', 'f', 'N', false, 0n])
    assert.is(of({ ansible_ssh_host_key_checking: no }).hostKeyChecking, false)
})

const refused: readonly [vars: Readonly<Record<string, unknown>>, message: string, hint?: string][] = [
  [
    { ansible_connection: 'winrm' },
    "ansible_connection of 'node' is ssh or local, got 'winrm'",
    'known here: ssh, local',
  ],
  [{ ansible_connection: 'shs' }, "ansible_connection of 'node' is ssh or local, got 'shs'", "did you mean 'ssh'?"],
  [{ ansible_port: 'ssh' }, "ansible_port of 'node' is a port (1 to 65535), got 'ssh'"],
  [{ ansible_ssh_port: 70000n }, "ansible_ssh_port of 'node' is a port (1 to 65535), got '70000'"],
  [{ ansible_timeout: '-1' }, "ansible_timeout of 'node' is a number of seconds, got '-1'"],
  [{ ansible_host_key_checking: 'maybe' }, "ansible_host_key_checking of 'node' is yes or no, got 'maybe'"],
  [
    { ansible_become_method: 'su' },
    "ansible_become_method of 'node' is sudo, the only one that lockstep knows, got 'su'",
  ],
  [{ ansible_become: 'perhaps' }, "ansible_become of 'node' is yes or no, got 'perhaps'"],
  [{ ansible_host: ['a'] }, "ansible_host of 'node' is a text, got a list or mapping"],
  [{ ansible_ssh_args: '-C jump' }, "ansible_ssh_args of 'node' cannot be used: expected options of ssh, got 'jump'"],
  [
    { ansible_ssh_common_args: '-J' },
    "ansible_ssh_common_args of 'node' cannot be used: the option -J lacks its value",
  ],
  [{ ansible_ssh_args: '-o "x' }, "ansible_ssh_args of 'node' cannot be split into words: this quote is never closed"],
]

for (const [vars, message, hint] of refused)
  test(`refused with the place of the variable: ${message}`, () => {
    const at = { file: 'hosts.ini', line: 3, column: 7 }
    const placeOf = (variable: string) => (variable in vars ? at : undefined)
    assert.throws(
      () => connectionOf('node', new Map(Object.entries(vars)), placeOf),
      (error: LockstepError) => {
        assert.instance(error, LockstepError)
        assert.equal([error.code, error.message, error.hint, error.at], ['INVENTORY_CONNECTION', message, hint, at])
        return true
      },
    )
  })

test('whom to become is known to steps, and is everybody when ansible_become says so', () => {
  const sudo = { method: 'sudo', user: 'root' } as const
  for (const [vars, expected] of [
    [{ ansible_become: 'yes' }, { become: sudo }],
    [{ ansible_become: false, ansible_become_method: 'sudo' }, {}],
    [
      { ansible_become: false, ansible_become_user: 'root', ansible_become_pass: 1n },
      { becoming: { ...sudo, password: '1' } },
    ],
    [
      {
        ...{ ansible_become: true, ansible_become_user: 'ptp', ansible_become_pass: 'a', ansible_become_password: 'b' },
        ...{ ansible_become_exe: '/opt/sudo', ansible_become_flags: "-H -g 'my group'" },
      },
      Object.fromEntries(
        ['become', 'becoming'].map(key => [
          key,
          { method: 'sudo', user: 'ptp', password: 'a', exe: '/opt/sudo', flags: ['-H', '-g', 'my group'] },
        ]),
      ),
    ],
  ] as const)
    assert.equal(of(vars), { kind: 'ssh', address: 'node', ...expected })
})

test('an encrypted password that nobody decrypted is an error, not a password', () => {
  const secret = new EncryptedValue('$ANSIBLE_VAULT;1.1;AES256\n61', { file: 'h.yml', line: 2, column: 3 })
  assert.throws(
    () => of({ ansible_password: secret }),
    (error: LockstepError) => error.code === 'INVENTORY_VAULT' && error.at?.line === 2,
  )
})

test.run()
