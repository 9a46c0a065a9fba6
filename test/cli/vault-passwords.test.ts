import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { commandIn, withFolder } from '../fixtures/command.ts'
import { suite } from '../fixtures/suite.ts'
import { labelledValue, sealedFile, sealedInventory } from '../fixtures/vault.ts'

const run = promisify(execFile)
const test = suite('cli/vault-passwords')

/** The password of the vault id `lab` is `two`. */
const files = {
  'hosts.ini': 'n1\n',
  'host_vars/n1': sealedFile,
  one: 'pw one\n',
  two: 'two\n',
  'pass.sh': '#!/bin/sh\nprintf "two\\n"\n',
  'ring-client.sh': '#!/bin/sh\n[ "$*" = "--vault-id lab" ] && echo two\n',
}

const opened = '{\n    "b": [\n        1,\n        2\n    ],\n    "vault_pw": 291\n}\n'

interface Given {
  readonly argv?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly config?: string
}

const given: readonly (readonly [what: string, Given])[] = [
  ['--vault-id FILE', { argv: ['--vault-id', 'two'] }],
  ['--vault-id ID@FILE', { argv: ['--vault-id', 'lab@two'] }],
  ['the id of another', { argv: ['--vault-id', 'other@two'] }],
  ['several ids', { argv: ['--vault-id', 'other@one', '--vault-id', 'lab@two', '--vault-password-file', 'one'] }],
  ['--vault-id prompt', { argv: ['--vault-id', 'prompt'], stdin: 'two\n' }],
  [
    '--vault-id ID@prompt, and another',
    { argv: ['--vault-id', 'a@prompt', '--vault-id', 'lab@prompt'], stdin: 'x\ntwo\n' },
  ],
  ['one question for one id', { argv: ['--vault-id', 'lab@prompt', '--vault-id', 'lab@prompt'], stdin: 'two\nx\n' }],
  ['--ask-vault-pass', { argv: ['--ask-vault-pass'], stdin: 'two\n' }],
  ['a program', { argv: ['--vault-password-file', 'pass.sh'] }],
  ['a program by its path', { argv: ['--vault-id', './pass.sh'] }],
  ['a client that is told the id', { argv: ['--vault-id', 'lab@ring-client.sh'] }],
  ['vault_password_file', { config: 'vault_password_file = two' }],
  ['vault_password_file that is a program', { config: 'vault_password_file = ./pass.sh' }],
  ['vault_identity_list', { config: 'vault_identity_list = a@one, lab@two' }],
  ['vault_identity_list with a question', { config: 'vault_identity_list = lab@prompt', stdin: 'two\n' }],
  ['ANSIBLE_VAULT_PASSWORD_FILE', { env: { ANSIBLE_VAULT_PASSWORD_FILE: 'two' }, config: 'vault_password_file = one' }],
  ['ANSIBLE_VAULT_IDENTITY_LIST', { env: { ANSIBLE_VAULT_IDENTITY_LIST: 'lab@two' } }],
  ['~ in ansible.cfg', { env: { HOME: '.' }, config: 'vault_identity_list = lab@~/two' }],
]

for (const [what, { argv = [], config = '', ...options }] of given)
  test(`a password of Ansible Vault comes from ${what}`, async () => {
    const all = { ...files, 'ansible.cfg': `[defaults]\n${config}\n` }
    const { code, stdout, stderr } = await commandIn(
      all,
      ['inventory', '-i', 'hosts.ini', '--host', 'n1', ...argv],
      options,
    )
    assert.equal([code, stdout, stderr], [0, opened, ''])
  })

test('an inventory that is encrypted as a whole is read: who and where is open, all else is secret', async () => {
  const sealed = { 'hosts.ini': sealedInventory, two: 'two\n' }
  const given = ['-i', 'hosts.ini', '--vault-id', 'lab@two']
  assert.is((await commandIn(sealed, ['inventory', ...given, '--graph', 'bench'])).stdout, '@bench:\n  |--n1\n')
  const explained = async (name: string) =>
    (await commandIn(sealed, ['explain', name, 'n1', ...given])).stdout.split('\n')[0]
  assert.equal(
    await Promise.all(['ansible_host', 'ansible_user', 'interface', 'token', 'ansible_password'].map(explained)),
    [
      'ansible_host of n1 is "10.0.0.1"',
      'ansible_user of n1 is "root"',
      'interface of n1 is "eth0"',
      'token of n1 is (secret)',
      'ansible_password of n1 is (secret)',
    ],
  )
})

test('a password is asked for once, however many playbooks are checked', async () => {
  const play = `
hosts: {n1: , n2: 10.0.0.2}
vars: {interface: eth0}
sync: {ptp4l: "-2", phc2sys: "-a", gate: {offset: 100ns}}
isochron: {cycle-time: 10ms, frame-size: 100, num-frames: 10}
flows: {a: {from: n1, to: n2}}
`
  const secret = `n1:\n  ansible_password: !vault |\n${labelledValue.replaceAll(/^(?=.)/gm, '    ')}`
  const texts = {
    'hosts.yml': `all:\n  hosts:\n${secret.replaceAll(/^(?=.)/gm, '    ')}`,
    'a.yml': play,
    'b.yml': play,
  }
  const argv = ['check', 'a.yml', 'b.yml', '-i', 'hosts.yml', '--ask-vault-pass']
  const { code, stdout } = await commandIn(texts, argv, { stdin: 'two\n' })
  assert.equal([code, stdout], [0, 'a.yml: ok (2 hosts, 1 flow)\nb.yml: ok (2 hosts, 1 flow)\n'])
})

const missing = spawnSync('tmux', ['-V']).error === undefined ? undefined : 'tmux is not installed'

test.unless(missing, 'on a real terminal the password is not shown, and what is typed afterwards is', () =>
  withFolder({ sealed: sealedInventory }, async cwd => {
    const socket = join(cwd, 'tmux')
    const tmux = async (...words: string[]) => (await run('tmux', ['-S', socket, ...words])).stdout
    const screenWith = async (text: RegExp) => {
      const deadline = performance.now() + 20_000
      for (;;) {
        const screen = await tmux('capture-pane', '-p')
        if (text.test(screen)) return screen
        assert.ok(performance.now() < deadline, screen)
      }
    }
    const asks = `node ${process.cwd()}/bin/lockstep.js inventory -i sealed --graph bench --vault-id lab@prompt`
    const stays = `tmux -S ${socket} wait-for seen`
    await tmux(
      'new-session',
      '-d',
      '-x',
      '120',
      '-y',
      '20',
      '-c',
      cwd,
      `${asks}; stty -a | tr ' ;' '\\n' | grep -x -e -echo -e echo; ${stays}`,
    )
    try {
      await screenWith(/^Vault password \(lab\):/)
      await tmux('send-keys', 'twx', 'BSpace', 'o', 'Enter')
      const screen = await screenWith(/echo$/m)
      assert.equal(screen.trim().split('\n'), ['Vault password (lab):', '@bench:', '  |--n1', 'echo'])
    } finally {
      await tmux('kill-server')
    }
  }),
)

test.run()
