import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as assert from 'uvu/assert'
import { main } from '../../../src/cli/main.ts'
import { commandIn } from '../../fixtures/command.ts'
import { keptIo } from '../../fixtures/io.ts'
import { suite } from '../../fixtures/suite.ts'
import { labelledValue, sealedPassword } from '../../fixtures/vault.ts'

const test = suite('cli/explain')

const lab = {
  'hosts.ini':
    '[bench]\nn1 speed=100 etype=0xdead\nn2\n[site:children]\nbench\n[bench:vars]\nspeed=10\nspeed=20\n[all:vars]\nspeed=1\n',
  'more.yml': 'site: {vars: {speed: 5}, hosts: {n1: {speed: [1, {a: b}]}}}\n',
  'group_vars/all.yml': 'speed: 2\nuser: "{{ me }}"\n',
  'group_vars/bench/a.yml': 'speed: 30\n',
  'group_vars/bench/b.yml': 'speed: 31\n',
  'host_vars/n1.yml': '---\nspeed: 1_000\n',
  'play/group_vars/bench.yml': 'speed: 40\n',
}

async function explain(files: Readonly<Record<string, string>>, ...args: string[]) {
  const cwd = mkdtempSync(join(tmpdir(), 'lockstep-explain-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(cwd, dirname(name)), { recursive: true })
      writeFileSync(join(cwd, name), text)
    }
    const kept = keptIo(cwd)
    const code = await main(['explain', ...args, '-i', 'hosts.ini'], kept.io)
    return { code, stdout: kept.stdout(), stderr: kept.stderr() }
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

test('every place that sets the variable is named, from the one that counts down to the lowest', async () => {
  const { code, stdout } = await explain(lab, 'speed', 'n1', '-i', 'more.yml', '--playbook-dir', 'play')
  assert.is(code, 0)
  assert.equal(stdout.split('\n'), [
    'speed of n1 is 1_000',
    '  set by  host n1      host_vars/n1.yml:2:8           1_000',
    '  over    host n1      hosts.ini:2:10                 100',
    '  over    host n1      more.yml:1:46                  [ 1, { "a": "b" } ]',
    '  over    group bench  play/group_vars/bench.yml:1:8  40',
    '  over    group bench  group_vars/bench/b.yml:1:8     31',
    '  over    group bench  group_vars/bench/a.yml:1:8     30',
    '  over    all          group_vars/all.yml:1:8         2',
    '  over    group bench  hosts.ini:8:7                  20',
    '  over    group bench  hosts.ini:7:7                  10',
    '  over    group site   more.yml:1:22                  5',
    '  over    all          hosts.ini:10:7                 1',
    '',
  ])
})

test('a number keeps its written form, a template stays one', async () => {
  assert.match(
    (await explain(lab, 'etype', 'n1')).stdout,
    /^etype of n1 is 0xdead\n {2}set by {2}host n1 {2}hosts\.ini:2:/,
  )
  assert.match(
    (await explain(lab, 'user', 'bench[1]')).stdout,
    /^user of n2 is "\{\{ me \}\}"\n {2}which cannot be evaluated: 'me' is not defined for host n2\n/,
  )
})

test('what a vault encrypts is not shown', async () => {
  const files = {
    ...lab,
    two: 'two\n',
    one: 'pw one\n',
    'host_vars/n2': sealedPassword,
    'host_vars/n1.yml': `pw: !vault |\n${labelledValue.replaceAll(/^(?=.)/gm, '  ')}`,
  }
  const passwords = ['--vault-password-file', 'one', '--vault-password-file', 'two']
  assert.match((await explain(files, 'pw', 'n1', ...passwords)).stdout, /^pw of n1 is \(encrypted\)\n/)
  assert.match(
    (await explain(files, 'port', 'n2', ...passwords)).stdout,
    /^port of n2 is \(secret\)\n.*host_vars\/n2:1:1 {2}\(secret\)\n$/,
  )
})

const play = `hosts:
  n1:
  gw: {address: 10.0.0.9, vars: {speed: 7}}
vars:
  speed: 50
  interface: eth0
  where: "{{ inventory_hostname }}-{{ speed }}"
  links: [{name: "{{ interface }}"}]
  pw: "{{ ansible_password }}"
`
const config = '[defaults]\ninventory = hosts.ini\nremote_user = ops\n'
const all = { ...lab, 'play.yml': play, 'ansible.cfg': config, 'host_vars/n1.yml': 'interface: enp1s0\nspeed: 60\n' }

/** Without -i: the inventory is that of ansible.cfg. */
async function inPlay(...args: string[]) {
  const { code, stdout, stderr } = await commandIn(all, ['explain', ...args])
  assert.equal([code, stderr], [0, ''])
  return stdout.split('\n').slice(0, -1)
}

test('-e, the playbook and ansible.cfg have their places among what the inventory says', async () => {
  assert.equal((await inPlay('speed', 'n1', '--playbook', 'play.yml', '-e', 'speed=99')).slice(0, 7), [
    'speed of n1 is "99"',
    '  set by  -e                                       "99"',
    '  over    playbook     play.yml:5:10               50',
    '  over    host n1      host_vars/n1.yml:2:8        60',
    '  over    host n1      hosts.ini:2:10              100',
    '  over    group bench  group_vars/bench/b.yml:1:8  31',
    '  over    group bench  group_vars/bench/a.yml:1:8  30',
  ])
  assert.equal(await inPlay('speed', 'gw', '--playbook', 'play.yml'), [
    'speed of gw is 7',
    '  set by  host gw   play.yml:3:41  7',
    '  over    playbook  play.yml:5:10  50',
  ])
  assert.equal(await inPlay('interface', 'n1', '--playbook', 'play.yml'), [
    'interface of n1 is "enp1s0"',
    '  set by  host n1   host_vars/n1.yml:1:12  "enp1s0"',
    '  over    playbook  play.yml:6:14          "eth0"',
  ])
  const fromConfig = ['ansible_user of n2 is "ops"', '  set by  default  ansible.cfg:3:15  "ops"']
  assert.equal(await inPlay('ansible_user', 'n2'), fromConfig)
})

test('a template is shown evaluated, and as it stands where it was written', async () => {
  assert.equal(await inPlay('where', 'n1', '--playbook', 'play.yml'), [
    'where of n1 is "n1-50"',
    '  set by  playbook  play.yml:7:10  "{{ inventory_hostname }}-{{ speed }}"',
  ])
  assert.is((await inPlay('links', 'n2', '--playbook', 'play.yml'))[0], 'links of n2 is [ { "name": "eth0" } ]')
  assert.is((await inPlay('user', 'n1', '-e', 'me=root'))[0], 'user of n1 is "root"')
})

test('files of variables win over the playbook, later ones over earlier ones; what is marked secret is not shown', async () => {
  const files = {
    ...all,
    'play.yml':
      'hosts: {gw: 10.0.0.9}\nvars: {speed: 50, pin: 4321}\nvars_files: [a.yml, b.yml]\nsecrets: [pin]\nsetup: [{pause: 1s}]\n',
    'a.yml': 'speed: 51\n',
    'b.yml': '# the last word\nspeed: 0x34\n',
  }
  const { stdout } = await commandIn(files, ['explain', 'speed', 'gw', '--playbook', 'play.yml'])
  assert.equal(stdout.split('\n').slice(0, 4), [
    'speed of gw is 0x34',
    '  set by  vars_files  b.yml:2:8      0x34',
    '  over    vars_files  a.yml:1:8      51',
    '  over    playbook    play.yml:2:15  50',
  ])
  const secret = await commandIn(files, ['explain', 'pin', 'gw', '--playbook', 'play.yml', '-e', 'pin=9876'])
  assert.equal([secret.code, secret.stdout.match(/\d{4}/)], [0, null])
})

test('what a vault encrypts is not shown by way of a template', async () => {
  const sealed = { ...all, 'host_vars/n2': sealedPassword, one: 'pw one\n' }
  const argv = ['explain', 'pw', 'n2', '--playbook', 'play.yml', '--vault-password-file', 'one']
  const { stdout } = await commandIn(sealed, argv)
  assert.match(stdout, /^pw of n2 is "\{\{ ansible_password \}\}"\n {2}which cannot be evaluated: .*secret/)
  assert.not.match(stdout, /007/)
})

test('a host that neither playbook nor inventory has is an error with a suggestion', async () => {
  const { code, stderr } = await commandIn(all, ['explain', 'speed', 'gv', '--playbook', 'play.yml'])
  assert.is(code, 2)
  assert.match(stderr, /'gv' is no host of play\.yml.*\[PLAYBOOK_HOST\]\n +hint: did you mean 'gw'\?/)
})

test('a variable that nobody sets is an error with a suggestion', async () => {
  const { code, stderr } = await explain(lab, 'sped', 'n1')
  assert.is(code, 2)
  assert.is(stderr, "nothing sets 'sped' for n1  [INVENTORY_VARIABLE]\n      hint: did you mean 'speed'?\n")
})

test.run()
