import type { CommandOptions, Texts } from '../fixtures/command.ts'
import { labelledValue, sealedBrokenInventory, sealedFile, sealedInventory, sealedNonsense } from '../fixtures/vault.ts'

export interface BrokenInventory extends CommandOptions {
  /** What is wrong, in words. */
  readonly what: string
  readonly files: Texts
  /** Behind `lockstep inventory`; usually `-i` with the first file, and `--list`. */
  readonly argv?: readonly string[]
}

const ini = (what: string, text: string): BrokenInventory => ({ what, files: { 'hosts.ini': text } })
const yaml = (what: string, text: string): BrokenInventory => ({ what, files: { 'hosts.yml': text } })
const json = (what: string, text: string): BrokenInventory => ({ what, files: { 'hosts.json': text } })
/** Read by a command line that names no inventory. */
const config = (what: string, text: string, more: Partial<BrokenInventory> = {}): BrokenInventory => ({
  what,
  files: { 'ansible.cfg': text, hosts: 'n1\n' },
  argv: ['--list'],
  ...more,
})
const script = (what: string, body: string, ...args: string[]): BrokenInventory => ({
  what,
  files: { 'cloud.sh': `#!/bin/sh\n${body}\n` },
  argv: ['-i', 'cloud.sh', '--list', ...args],
})
const vault = (what: string, files: Texts, ...args: string[]): BrokenInventory => ({
  what,
  files: { ...files, one: 'pw one\n', two: 'two\n', empty: '\n' },
  argv: ['-i', Object.keys(files)[0] ?? '', '--list', ...args],
})
const [sealedHead = '', ...sealedBody] = sealedInventory.trimEnd().split('\n')

/** Inventories with one mistake each (and a few with several): what is said of them stands in broken-inventories.txt. */
export const broken: readonly BrokenInventory[] = [
  // INI
  ini('a word without =', '[web]\nn1 ansible_port 22\n'),
  ini('quote not closed', 'n1 note="two words\n'),
  ini('backslash at the end', 'n1 note=a\\\n'),
  ini('section not closed', '[web\nn1\n'),
  ini('section of an unknown kind', '[web:host]\nn1\n'),
  ini('blank in a group name', '[web servers]\nn1\n'),
  ini('comment behind a section with ;', '[web] ; the web\nn1\n'),
  ini('child that nobody declares', '[site:children]\nwbe\n[web]\nn1\n'),
  ini('vars of a group that nobody declares', '[wbe:vars]\na=1\n[web]\nn1\n'),
  ini('variable without =', '[web]\nn1\n[web:vars]\nspeed 10\n'),
  ini('group in a circle', '[a:children]\nb\n[b:children]\na\n'),
  ini('group as its own child', '[a:children]\na\n'),
  ini('priority that is no number', '[web]\nn1\n[web:vars]\nansible_group_priority=high\n'),
  ini('range without a colon', 'n[14].lab\n'),
  ini('range without an end', 'n[1:].lab\n'),
  ini('range of unequal widths', 'n[01:100].lab\n'),
  ini('range of letters backwards', 'n[c:a]\n'),
  ini('range with step 0', 'n[1:9:0]\n'),
  ini('host that ends in a colon', 'n1:\n'),
  ini('several wrong lines', 'n1 a\nn2\n[web:oops]\nn3\n'),
  // YAML and JSON
  yaml('tab as indentation', 'all:\n\thosts:\n'),
  yaml('list of hosts', 'web:\n  hosts:\n    - n1\n'),
  yaml('list of children', 'site:\n  children: [web]\n'),
  yaml('vars as a list', 'web:\n  vars:\n    - speed: 1\n'),
  yaml('host name that is a number', 'web:\n  hosts:\n    1:\n'),
  yaml('host whose variables are a text', 'web:\n  hosts:\n    n1: 10.0.0.1\n'),
  yaml('value that begins with {{', 'web:\n  vars:\n    user: {{ me }}\n'),
  yaml('unknown tag', 'web:\n  vars:\n    user: !env USER\n'),
  yaml('two documents', 'web:\n---\ndb:\n'),
  yaml('a plugin', 'plugin: community.docker.docker_containers\n'),
  yaml('a list at the top', '- n1\n'),
  json('list with a host that is no text', '{"web": {"hosts": ["n1", 2]}}'),
  json('list whose hosts are a text', '{"web": {"hosts": "n1"}, "_meta": {"hostvars": {}}}'),
  json('list whose group is a number', '{"web": 1, "db": ["n1"]}'),
  json('list whose _meta is wrong', '{"web": ["n1"], "_meta": {"hostvars": ["n1"]}}'),
  json('list with a group in a circle', '{"a": {"children": ["b"]}, "b": {"children": ["a"]}}'),
  json('JSON that is cut off', '{"web": {"hosts": ["n1"'),
  // files of variables
  { what: 'group_vars that are a text', files: { 'hosts.ini': '[web]\nn1\n', 'group_vars/web.yml': 'speed\n' } },
  { what: 'host_vars that are no YAML', files: { 'hosts.ini': 'n1\n', 'host_vars/n1': 'a: [1\n' } },
  // ansible.cfg
  config('ansible.cfg: no section', 'inventory = hosts\n'),
  config('ansible.cfg: no value', '[defaults]\ninventory\n'),
  config('ansible.cfg: key twice', '[defaults]\ninventory = hosts\nInventory = hosts\n'),
  config('ansible.cfg: section twice', '[defaults]\ninventory = hosts\n[x]\n[defaults]\n'),
  config('ansible.cfg: inventory that is not there', '[defaults]\ninventory = hosts, host\n'),
  config('ansible.cfg: inventory that is a program', '[defaults]\ninventory = run.sh\n', {
    files: { 'ansible.cfg': '[defaults]\ninventory = run.sh\n', 'run.sh': '#!/bin/sh\n' },
  }),
  config(
    'ansible.cfg: password file that is not there',
    '[defaults]\ninventory=hosts\nvault_password_file = nowhere\n',
  ),
  config(
    'ansible.cfg: id whose file is not there',
    '[defaults]\ninventory=hosts\nvault_identity_list = a@hosts, b@x\n',
  ),
  config('environment: inventory that is not there', '', { env: { ANSIBLE_INVENTORY: 'nowhere' } }),
  config('environment: ANSIBLE_CONFIG that is not there', '', { env: { ANSIBLE_CONFIG: 'other.cfg' } }),
  // vault
  vault('vault: inventory without a password', { 'hosts.ini': sealedInventory }),
  vault('vault: inventory with the wrong password', { 'hosts.ini': sealedInventory }, '--vault-password-file', 'one'),
  vault(
    'vault: inventory with two wrong passwords',
    { 'hosts.ini': sealedInventory },
    ...['--vault-id', 'lab@one', '--vault-password-file', 'hosts.ini'],
  ),
  vault(
    'vault: inventory that is cut off',
    { 'hosts.ini': [sealedHead, ...sealedBody.slice(0, 4)].join('\n') },
    ...['--vault-id', 'lab@two'],
  ),
  vault(
    'vault: inventory with a changed digit',
    { 'hosts.ini': [sealedHead, ...sealedBody.slice(0, -1), sealedBody.at(-1)?.replace(/..$/, '00')].join('\n') },
    ...['--vault-id', 'lab@two'],
  ),
  vault(
    'vault: inventory of an unknown format',
    { 'hosts.ini': sealedInventory.replace('1.2', '1.9') },
    ...['--vault-id', 'lab@two'],
  ),
  vault('vault: what is decrypted is no inventory', { 'hosts.ini': sealedBrokenInventory }, '--vault-id', 'lab@two'),
  vault(
    'vault: variables with the wrong password',
    { 'hosts.ini': 'n1\n', 'host_vars/n1': sealedFile },
    ...['--vault-id', 'lab@one'],
  ),
  vault(
    'vault: what is decrypted is no YAML',
    { 'hosts.ini': 'n1\n', 'host_vars/n1': sealedNonsense },
    ...['--vault-password-file', 'one'],
  ),
  vault('vault: password file that is not there', { 'hosts.ini': 'n1\n' }, '--vault-id', 'lab@nowhere'),
  vault('vault: password file that is empty', { 'hosts.ini': 'n1\n' }, '--vault-id', 'lab@empty'),
  vault('vault: nothing answered', { 'hosts.ini': 'n1\n' }, '--ask-vault-pass'),
  {
    what: 'vault: only one of two answers',
    files: { 'hosts.ini': 'n1\n' },
    argv: ['-i', 'hosts.ini', '--list', '--vault-id', 'a@prompt', '--vault-id', 'b@prompt'],
    stdin: 'hush\n',
  },
  vault(
    'vault: password program that fails',
    { 'hosts.ini': 'n1\n', 'pass.sh': '#!/bin/sh\necho s3cret; echo locked >&2; exit 3\n' },
    ...['--vault-password-file', 'pass.sh'],
  ),
  vault(
    'vault: password program that prints nothing',
    { 'hosts.ini': 'n1\n', 'pass.sh': '#!/bin/sh\n' },
    ...['--vault-password-file', './pass.sh'],
  ),
  vault(
    'vault: password program without its interpreter',
    { 'hosts.ini': 'n1\n', 'pass.sh': '#!/no/such/shell\n' },
    ...['--vault-password-file', './pass.sh'],
  ),
  {
    what: 'vault: stdin for two things',
    files: {},
    argv: ['-i', '-', '--list', '--ask-vault-pass'],
    stdin: 'n1\n',
  },
  {
    what: 'stdin that is no inventory',
    files: {},
    argv: ['-i', '-', '--list'],
    stdin: `n1 token="${labelledValue.slice(0, 4)}\n`,
  },
  // scripts
  script('script that nobody allowed to be run', 'echo {}'),
  { what: 'script that is not executable', files: { 'cloud.py': '\uFEFF#!/usr/bin/python3\n' } },
  script('script that fails', 'echo "no credentials" >&2; exit 1', '--run-scripts'),
  script('script that is killed', 'kill -9 $$', '--run-scripts'),
  script('script that prints no JSON', 'echo n1', '--run-scripts'),
  script('script that prints a list', 'echo "[1]"', '--run-scripts'),
  script('script whose group is wrong', 'echo \'{"web": {"hosts": 1}, "_meta": {"hostvars": {}}}\'', '--run-scripts'),
  script(
    'script whose host fails',
    'case $1 in --list) echo \'{"web": ["n1"]}\' ;; *) exit 7 ;; esac',
    '--run-scripts',
  ),
  script(
    'script whose host is no mapping',
    'case $1 in --list) echo \'{"web": ["n1"]}\' ;; *) echo 1 ;; esac',
    '--run-scripts',
  ),
]
