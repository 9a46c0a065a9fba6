import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { playReader } from '../../src/cli/load.ts'
import { commandAt, commandIn, type Texts, withFolder } from '../fixtures/command.ts'
import { keptIo } from '../fixtures/io.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('cli/ansible-config')

const named = (user: string) => `[defaults]\nremote_user = ${user}\ninventory = hosts\n`
const files: Texts = {
  hosts: 'n1\n',
  'ansible.cfg': named('here'),
  'home/.ansible.cfg': named('home'),
  'home/hosts': 'n2\n',
  'env/ansible.cfg': named('env'),
  'env/hosts': 'n3\n',
  'env/other.cfg': named('other'),
}
const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(files).filter(([name]) => !names.includes(name)))

const found: readonly (readonly [what: string, files: Texts, env: Readonly<Record<string, string>>, host: string])[] = [
  ['this folder', files, { HOME: 'home' }, 'n1'],
  ['the home folder', without('ansible.cfg'), { HOME: 'home' }, 'n2'],
  ['ANSIBLE_CONFIG', files, { HOME: 'home', ANSIBLE_CONFIG: 'env/other.cfg' }, 'n3'],
  ['a folder that ANSIBLE_CONFIG names', files, { ANSIBLE_CONFIG: 'env' }, 'n3'],
]

for (const [what, given, env, host] of found)
  test(`ansible.cfg is found: ${what}`, () =>
    withFolder(given, async cwd => {
      const absolute = { ...env, ...(env['HOME'] === undefined ? {} : { HOME: join(cwd, env['HOME']) }) }
      const { code, stdout } = await commandAt(cwd, ['inventory', '--list-hosts', 'all'], { env: absolute })
      assert.equal([code, stdout], [0, `${host}\n`])
    }))

test('ansible.cfg of a folder that everybody can write to is passed over, with a warning', () =>
  withFolder(files, async cwd => {
    chmodSync(cwd, 0o777)
    const list = ['inventory', '--list-hosts', 'all']
    const passedOver = await commandAt(cwd, list, { env: { HOME: join(cwd, 'home') } })
    assert.is(passedOver.stdout, 'n2\n')
    assert.match(passedOver.stderr, /^warning: ansible\.cfg is passed over: everybody can write to this folder/)
    const asked = await commandAt(cwd, list, { env: { HOME: join(cwd, 'home'), ANSIBLE_CONFIG: 'ansible.cfg' } })
    assert.equal([asked.stdout, asked.stderr], ['n1\n', ''])
  }))

test('-i wins over the inventory of ansible.cfg', async () => {
  const { stdout } = await commandIn(files, ['inventory', '-i', 'n7,', '--list-hosts', 'all'])
  assert.is(stdout, 'n7\n')
})

const playbook = `
hosts: {A: 10.0.0.1, B: bob@10.0.0.2, n1: }
vars: {interface: eth0}
sync: {ptp4l: "-2", phc2sys: "-a", gate: {offset: 100ns}}
isochron: {cycle-time: 10ms, frame-size: 100, num-frames: 10}
flows: {a: {from: A, to: B}}
`

/** The connections of the hosts of `playbook`, by name. */
const connections = (texts: Texts, ...inventory: string[]) =>
  withFolder({ 'play.yml': playbook, ...texts }, async cwd => {
    const options = inventory.length === 0 ? {} : { inventory }
    const { hosts } = (await playReader(options, keptIo(cwd).io))('play.yml')
    return Object.fromEntries(hosts.map(({ name, connection }) => [name, connection]))
  })

test('a run uses what ansible.cfg says of connections where nothing else does', async () => {
  const config =
    '[defaults]\ninventory = hosts\nremote_user = ops\nprivate_key_file = id\nhost_key_checking = no\ntimeout = 7\n' +
    '[ssh_connection]\nssh_args = -o Port=1 ; note\nssh_common_args = -J {{jump}}\n'
  const common = {
    kind: 'ssh',
    privateKeyFile: 'id',
    hostKeyChecking: false,
    connectTimeoutS: 7,
    sshArgs: ['-o', 'Port=1', '-J', '{{jump}}'],
  }
  assert.equal(
    await connections({ 'ansible.cfg': config, hosts: 'n1 ansible_host=10.0.0.3 ansible_ssh_timeout=3\n' }),
    {
      A: { ...common, address: '10.0.0.1', user: 'ops' },
      B: { ...common, address: '10.0.0.2', user: 'bob' },
      n1: { ...common, address: '10.0.0.3', user: 'ops', connectTimeoutS: 3 },
    },
  )
})

test('a value of ansible.cfg that cannot be used is said once, where it stands', async () => {
  const texts = { 'play.yml': playbook, 'ansible.cfg': '[defaults]\ntimeout = soon\n', hosts: 'n1\n' }
  const { code, stderr } = await commandIn(texts, ['check', 'play.yml', '-i', 'hosts'])
  assert.is(code, 2)
  assert.is(stderr.match(/^ansible\.cfg:2:11: ansible_timeout of '.*' is a number of seconds, got 'soon'/gm)?.length, 1)
})

test('what ssh arguments ask for and no connection does is warned of, once for all hosts', async () => {
  const hosts =
    "n1\n[all:vars]\nansible_ssh_common_args = -A -C -o ControlMaster=auto {{ 'ignored' if false else '' }}\n"
  const config = '[ssh_connection]\nssh_args = -o Ciphers=x\n'
  const { code, stderr } = await commandIn({ 'play.yml': playbook, 'ansible.cfg': config, hosts }, [
    ...['check', 'play.yml', '-i', 'hosts'],
  ])
  assert.is(code, 0)
  assert.equal(stderr.split('\n').slice(0, -1), [
    'warning: the ssh argument -o Ciphers of A and 2 more has no effect',
    'warning: the ssh argument -A of n1 has no effect',
  ])
})

test.run()
