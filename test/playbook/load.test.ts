import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import type { LockstepError } from '../../src/errors/error.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { gateDefaults } from '../../src/playbook/gate.ts'
import type { Play } from '../../src/playbook/play.ts'
import { planInWords } from '../../src/runner/plan.ts'
import { memoryFiles } from '../fixtures/memory-files.ts'
import { good, inventoryOf, load, problemsIn } from '../fixtures/playbooks.ts'
import { suite } from '../fixtures/suite.ts'
import {
  labelledValue,
  sealedFile,
  sealedPassword,
  sealedValue,
  passwords as vaultPasswords,
} from '../fixtures/vault.ts'

const test = suite('playbook/load')

const read = (file: string) => load(readFileSync(file, 'utf8'), { file })
/** A play without the places, which differ from file to file. */
const withoutPlaces = (play: Play) =>
  JSON.parse(
    JSON.stringify({ ...play, file: '' }, (key, value) =>
      key === 'at' ? undefined : typeof value === 'bigint' ? `${value}` : value,
    ),
  )
const only = (problems: readonly { message: string }[]) => problems.map(({ message }) => message)

test('the example of the manual page becomes two flows to one host', () => {
  const play = read('playbooks/two-senders.yml')
  assert.is(play.name, 'Two senders, one receiver')
  assert.equal(
    play.hosts.map(({ name, inventoryName, interface: device, connection }) => [
      name,
      inventoryName,
      device,
      connection,
    ]),
    ['A', 'B', 'C'].map((name, index) => [
      name,
      name,
      'eth0',
      { kind: 'ssh', address: `10.0.0.${index + 1}`, user: 'root' },
    ]),
  )
  assert.equal(play.sync?.ptp4l, ['-2', '-P', '--step_threshold', '0.00002'])
  assert.equal(play.sync?.phc2sys, ['-a', '-rr', '--step_threshold', '0.00002'])
  assert.equal(play.sync?.gate, { ...gateDefaults, offset: 100n })
  assert.equal(
    play.flows.map(({ name, from, to, receiverName, receiver }) => [name, from, to, receiverName, receiver]),
    [
      ['a', 'A', 'C', 'a', {}],
      ['b', 'B', 'C', 'b', {}],
    ],
  )
  assert.equal(play.flows[1]?.sender, {
    'num-frames': 10n,
    'cycle-time': 10_000_000n,
    'frame-size': 1500n,
    'base-time': 100n,
    'shift-time': 0n,
    'window-size': 0n,
    'advance-time': 10_000_000n,
    etype: 0xdeafn,
    priority: 0n,
    'cpu-mask': 1n,
    'domain-number': 0n,
    'transport-specific': 0n,
    'num-readings': 5n,
    'omit-sync': false,
    'omit-remote-sync': false,
    'no-ts': false,
    taprio: false,
    txtime: false,
    deadline: false,
    'sched-fifo': true,
    'sched-rr': false,
    'sched-priority': 98n,
    quiet: false,
    'sync-threshold': 100n,
    l2: true,
  })
  assert.equal(
    play.expect.map(({ flows, figure, statistic, op, limit }) => [flows, figure, statistic, op, limit]),
    [
      ['*', 'lost', undefined, '==', 0],
      ['*', 'path-delay', 'mean', '<', 200_000],
    ],
  )
  assert.is(play.attempts, 3)
  assert.equal(play.report, ['summary'])
})

test('the long form gives the very same play', () => {
  assert.equal(
    withoutPlaces(read('playbooks/two-senders-long-form.yml')),
    withoutPlaces(read('playbooks/two-senders.yml')),
  )
})

test('the resolved document is a playbook that gives the same play again', () => {
  const text = good
    .replace('interface: eth0', 'interface: "eth{{ 0 }}"')
    .replace('num-frames: 10', 'num-frames: "{{ frames }}"')
  const play = load(text)
  const again = load(JSON.stringify(play.resolved))
  assert.equal(withoutPlaces(again).flows, withoutPlaces(play).flows)
  assert.equal(withoutPlaces(again).hosts, withoutPlaces(play).hosts)
  assert.equal(again.resolved, play.resolved)
})

test('a value that is one expression keeps its type, and a text around it gets the written form', () => {
  const play = load(
    good
      .replace('name: test', 'name: "run {{ hexa }} {{ frames + 1 }} {{ flag }}"')
      .replace('  frames: 10', '  frames: 10\n  hexa: 0xbeef\n  flag: true\n  cycle: 1ms')
      .replace('num-frames: 10', 'num-frames: "{{ frames * 2 }}"')
      .replace('cycle-time: 10ms', 'cycle-time: "{{ cycle }}"')
      .replace('base-time: 100ns', 'omit-sync: "{{ flag }}", etype: "{{ hexa }}"'),
  )
  assert.is(play.name, 'run 0xbeef 11 True')
  const [, b] = play.flows
  assert.equal(
    [b?.sender['num-frames'], b?.sender['cycle-time'], b?.sender['omit-sync'], b?.sender['etype']],
    [20n, 1_000_000n, true, 0xbeefn],
  )
})

test('integers beyond 2^53 keep every digit', () => {
  const play = load(
    good
      .replace('base-time: 100ns', 'base-time: "{{ start }}ns"')
      .replace('frames: 10\nsync', 'start: 1795293749294866393\nsync'),
  )
  assert.is(play.flows[1]?.sender['base-time'], 1795293749294866393n)
})

test('-e wins over a host of the playbook, that over vars, that over the inventory', () => {
  const inventory = inventoryOf('[all]\nA size=100\nB size=100\nC size=100\n[all:vars]\ninterface=eth9\n')
  const text = (vars: string, host: string) =>
    good
      .replace('frame-size: 1500', 'frame-size: "{{ size }}"')
      .replace('  frames: 10\n', vars)
      .replace('  A: root@10.0.0.1', `  A: {address: 10.0.0.1${host}}`)
  const sizeOf = (vars: string, host = '', extra = new Map<string, string>()) =>
    load(text(vars, host), { inventory, extraVars: extra }).flows[0]?.sender['frame-size']
  assert.is(sizeOf(''), 100n)
  assert.is(sizeOf('  size: 200\n'), 200n)
  assert.is(sizeOf('  size: 200\n', ', vars: {size: 300}'), 300n)
  assert.is(sizeOf('  size: 200\n', ', vars: {size: 300}', new Map([['size', '400']])), 400n)
})

test("for 'interface' the playbook's vars are only the default", () => {
  const inventory = inventoryOf('A interface=enp1\nB\nC\n[left]\nB\n[left:vars]\ninterface=enp2\n')
  const play = load(good.replace('  C: root@10.0.0.3', '  C: {address: c, vars: {interface: enp3}}'), { inventory })
  assert.equal(
    play.hosts.map(host => host.interface),
    ['enp1', 'enp2', 'enp3'],
  )
  assert.is(load(good, { inventory, extraVars: new Map([['interface', 'x0']]) }).hosts[0]?.interface, 'x0')
})

test("an inventory host of the same name takes an address's place, and --bind any other", () => {
  const inventory = inventoryOf(
    'A ansible_host=192.0.2.1 ansible_user=lab ansible_port=2222\nnode7 ansible_host=192.0.2.7\n',
  )
  const play = load(good, { inventory, binds: new Map([['B', 'node7']]) })
  assert.equal(
    play.hosts.map(({ name, inventoryName, connection }) => [name, inventoryName, connection]),
    [
      ['A', 'A', { kind: 'ssh', address: '192.0.2.1', user: 'lab', port: 2222 }],
      ['B', 'node7', { kind: 'ssh', address: '192.0.2.7' }],
      ['C', 'C', { kind: 'ssh', address: '10.0.0.3', user: 'root' }],
    ],
  )
})

test('what --bind names has to be there, on both sides', () => {
  const inventory = inventoryOf('node7\nnode8\n')
  const say = (binds: [string, string][], more = {}) =>
    problemsIn(good, { inventory, binds: new Map(binds), ...more }).map(({ message, hint }) => [message, hint])
  assert.equal(say([['B', 'noed7']]), [["--bind B=noed7: there is no host 'noed7'", "did you mean 'node7'?"]])
  assert.equal(say([['D', 'node7']]), [["--bind D=node7: there is no host 'D' in p.yml", 'known here: A, B, C']])
  assert.equal(say([['B', 'node7']], { inventory: undefined }), [
    ["--bind B=node7: there is no host 'node7'", 'name an inventory with -i'],
  ])
  assert.equal(
    say([
      ['A', 'node7'],
      ['B', 'node7'],
    ]),
    [["B and A are both the host 'node7' of the inventory", undefined]],
  )
})

const roles = '[tsn]\nA\nB\nC\n[broken]\nD\n[tsn:children]\nbroken\n[all:vars]\ninterface=eth0\n'
const withHosts = (hosts: string) => good.replace(/hosts:\n( {2}.*\n){3}/, `hosts: ${hosts}\n`)

test('hosts are names, groups and patterns of the inventory, in a list or in one text', () => {
  const inventory = inventoryOf(roles)
  const names = (hosts: string, binds = new Map<string, string>()) =>
    load(withHosts(hosts), { inventory, binds, extraVars: new Map([['target', 'tsn']]) }).hosts.map(({ name }) => name)
  assert.equal(names('tsn:!broken'), ['A', 'B', 'C'])
  assert.equal(names('[tsn, "!broken"]'), ['A', 'B', 'C'])
  assert.equal(names('[C, A, B]').sort(), ['A', 'B', 'C'])
  assert.equal(names('["{{ target }}"]').sort(), ['A', 'B', 'C', 'D'])
  assert.equal(names('[A, B, C]', new Map([['C', 'D']])).sort(), ['A', 'B', 'C'])
})

test('a name that no host of the inventory has is found at its place, with a suggestion', () => {
  const inventory = inventoryOf(roles)
  const [problem, ...rest] = problemsIn(withHosts('[A, B, tns]'), { inventory })
  assert.is(rest.length, 0)
  assert.equal([problem?.code, problem?.at?.line, problem?.at?.column], ['PLAYBOOK_HOST', 2, 15])
  assert.match(problem?.message ?? '', /tns/)
  assert.is(problem?.hint, "did you mean 'tsn'?")
})

test('every way to write an address', () => {
  const cases: [string, object][] = [
    ['lab3', { kind: 'ssh', address: 'lab3' }],
    ['root@lab3', { kind: 'ssh', address: 'lab3', user: 'root' }],
    ['root@10.0.0.9:2222', { kind: 'ssh', address: '10.0.0.9', user: 'root', port: 2222 }],
    ['"[2001:db8::1]:22"', { kind: 'ssh', address: '2001:db8::1', port: 22 }],
    ['root@2001:db8::1', { kind: 'ssh', address: '2001:db8::1', user: 'root' }],
    ['fe80::1%eth0', { kind: 'ssh', address: 'fe80::1%eth0' }],
    ['{address: lab3, user: me, port: 99}', { kind: 'ssh', address: 'lab3', user: 'me', port: 99 }],
    ['{address: localhost, connection: local}', { kind: 'local', address: 'localhost' }],
    ['"{{ frames }}.example"', { kind: 'ssh', address: '10.example' }],
    ['{address: x, port: "{{ frames }}"}', { kind: 'ssh', address: 'x', port: 10 }],
    [
      '{address: x, vars: {ansible_user: u, ansible_ssh_common_args: "-J \'a b\'"}}',
      { kind: 'ssh', address: 'x', user: 'u', sshArgs: ['-J', 'a b'] },
    ],
  ]
  for (const [written, connection] of cases) {
    assert.equal(load(good.replace('root@10.0.0.1', written)).hosts[0]?.connection, connection, written)
  }
})

test('every connection variable may be a template, and leads the connection by the last of its names', () => {
  const lines = [
    'ansible_connection="{{ how }}" ansible_host="10.0.0.{{ n }}" ansible_port="{{ 2200 + n }}" ansible_user="{{ who }}"',
    'ansible_private_key_file="~/.ssh/{{ who }}" ansible_password="{{ who }}-{{ n }}" ansible_host_key_checking="{{ n > 5 }}"',
    'ansible_timeout="{{ n }}" ansible_shell_executable="/bin/{{ sh }}" ansible_ssh_args="-o Port={{ n }}"',
    `ansible_ssh_common_args="-J '{{ who }}@{{ hostvars.B.ansible_host }}'" ansible_ssh_extra_args="-{{ 'v' * n }}"`,
  ]
  const vars = '[all:vars]\nhow=ssh\nn=7\nwho=ops\nsh=bash\n'
  const inventory = inventoryOf(`A ${lines.join(' ')}\nB ansible_host=10.9.9.9 ansible_ssh_host=10.8.8.8\nC\n${vars}`)
  const [A, B] = load(good, { inventory, env: { HOME: '/home/me' } }).hosts
  assert.equal(A?.connection, {
    kind: 'ssh',
    address: '10.0.0.7',
    port: 2207,
    user: 'ops',
    privateKeyFile: '/home/me/.ssh/ops',
    password: 'ops-7',
    hostKeyChecking: true,
    connectTimeoutS: 7,
    sshArgs: ['-o', 'Port=7', '-J', 'ops@10.9.9.9', '-vvvvvvv'],
    shell: '/bin/bash',
  })
  assert.is(B?.connection.address, '10.8.8.8')
})

test('a connection variable that cannot be used is found', () => {
  const inventory = inventoryOf('A ansible_connection=winrm\nB ansible_port=none\nC ansible_user="{{ who }}"\n')
  const messages = only(problemsIn(good, { inventory })).join('\n')
  for (const part of ['ansible_connection', 'ansible_port', "'who' is not defined for host C"])
    assert.match(messages, part)
})

test("sender options are evaluated with the sending host's variables, the receiver's with the receiving host's", () => {
  const play = load(
    good
      .replace('  A: root@10.0.0.1', '  A: {address: a, vars: {cpu: 1}}')
      .replace('  C: root@10.0.0.3', '  C: {address: c, vars: {cpu: 3}}')
      .replace('etype: 0xdead}', 'cpu-mask: "{{ cpu }}", receiver: {sched-rr: true, sched-priority: "{{ cpu }}"}}'),
  )
  assert.is(play.flows[0]?.sender['cpu-mask'], 1n)
  assert.equal(play.flows[0]?.receiver, { 'sched-rr': true, 'sched-priority': 3n })
})

test('etype left out is the first one free at that receiving host', () => {
  const flows = `flows:
  a: {from: A, to: C}
  b: {from: B, to: C, etype: 0xdead}
  c: {from: A, to: B}
  d: {from: C, to: B}
`
  const play = load(good.replace(/flows:\n( {2}.*\n){2}/, flows))
  assert.equal(
    play.flows.map(({ sender }) => sender['etype']),
    [0xdeaen, 0xdeadn, 0xdeadn, 0xdeaen],
  )
})

test('equal EtherTypes are fine with different destination addresses', () => {
  const one = 'etype: 0xdead, dmac: "01:00:5e:00:00:0A"'
  const play = load(good.replace('base-time: 100ns', one))
  assert.is(play.flows[1]?.sender['dmac'], '01:00:5e:00:00:0a')
})

test("a flow's nested section wins over its own keys, and those over the section of the file", () => {
  const play = load(good.replace('base-time: 100ns', 'frame-size: 200, num-frames: 5, isochron: {frame-size: 300}'))
  assert.equal([play.flows[1]?.sender['frame-size'], play.flows[1]?.sender['num-frames']], [300n, 5n])
})

test('advance-time is what the window leaves of the cycle, unless it is given', () => {
  const advance = (options: string) => load(good.replace('base-time: 100ns', options)).flows[1]?.sender['advance-time']
  assert.is(advance('window-size: 1ms'), 9_000_000n)
  assert.is(advance('window-size: 1ms, advance-time: 2ms'), 2_000_000n)
  assert.is(advance('advance-time: 0'), 10_000_000n)
})

test('hosts of a gate have limits by pattern: the last that names a host counts', () => {
  const gate = 'gate: {offset: 100ns, offsets: {"A,C": 1us, C: 50ns}, require: [link, ptp, frequency], bad: 3}'
  const play = load(good.replace(/gate: .*/, gate))
  const read = play.sync?.gate
  assert.equal(
    [...(read?.offsets ?? [])],
    [
      ['A', 1000n],
      ['C', 50n],
    ],
  )
  assert.equal([read?.require, read?.bad], [['link', 'ptp', 'frequency'], 3])
  // Both ends of a flow can only share a threshold that both have.
  assert.equal(
    play.flows.map(({ sender }) => sender['sync-threshold']),
    [undefined, undefined],
  )
  assert.match(planInWords(play), /every clock within 100ns, A within 1us, C within 50ns, 3 rounds/)
  assert.match(planInWords(play), /required: link, ptp, frequency\n.*3 bad answers in a row while traffic flows/)
  const again = load(JSON.stringify(play.resolved))
  assert.equal(again.sync?.gate, read)
})

test('groups of the inventory have limits of their own', () => {
  const inventory = inventoryOf('[edge]\nA\nB\n[core]\nC\n')
  const play = load(good.replace('offset: 100ns', 'offset: 100ns, offsets: {edge: 1us, "edge:!A": 2us}'), { inventory })
  assert.equal(
    [...(play.sync?.gate.offsets ?? [])],
    [
      ['A', 1000n],
      ['B', 2000n],
    ],
  )
})

test('flows that bring their own limit need no section sync, and get a gate as strict as the strictest', () => {
  const text = good
    .replace(/sync:\n( {2}.*\n){3}/, '')
    .replace('etype: 0xdead', 'sync-threshold: 1us')
    .replace('base-time: 100ns', 'sync-threshold: 50ns')
  const play = load(text)
  assert.equal([play.sync?.ptp4l, play.sync?.phc2sys, play.sync?.gate.offset], [undefined, undefined, 50n])
  const unwatched = load(
    good.replace(/sync:\n( {2}.*\n){3}/, '').replace('isochron:\n', 'isochron:\n  omit-sync: true\n'),
  )
  assert.is(unwatched.sync, undefined)
  assert.is(unwatched.flows[0]?.sender['sync-threshold'], undefined)
})

test('options of ptp4l and phc2sys: shell words, a list, or false; -m is ours', () => {
  const sync = (ptp4l: string) => load(good.replace('ptp4l: -2 -P', `ptp4l: ${ptp4l}`)).sync?.ptp4l
  assert.equal(sync(`-2 --summary_interval '1 2' -m "a\\"b"`), ['-2', '--summary_interval', '1 2', 'a"b'])
  assert.equal(sync('[-2, --step_threshold, 0.00002]'), ['-2', '--step_threshold', '0.00002'])
  assert.is(sync('false'), undefined)
  assert.equal(sync('""'), [])
  assert.equal(sync('"{{ frames }} -P"'), ['10', '-P'])
  assert.equal(sync('--setting_of_linuxptp_9 1'), ['--setting_of_linuxptp_9', '1'])
})

test('every way to write an expectation', () => {
  const lines = (expect: string) =>
    load(good.replace(/expect:\n( {2}.*\n){2}/, `expect: ${expect}\n`)).expect.map(
      ({ text, flows, figure, statistic, op, limit }) => [text, flows, figure, statistic ?? '-', op, limit].join('|'),
    )
  assert.equal(lines('lost == 0'), ['lost == 0|*|lost|-|==|0'])
  assert.equal(lines('\n  - a: lost<=3\n  - "*: path-delay.p99.9>=1.5us"'), [
    'a: lost<=3|a|lost|-|<=|3',
    '*: path-delay.p99.9>=1.5us|*|path-delay|p99.9|>=|1500',
  ])
  assert.equal(lines('["[ab]: latency-budget.min > -10ns", sender-latency.stddev != 0]'), [
    '[ab]: latency-budget.min > -10ns|[ab]|latency-budget|min|>|-10',
    'sender-latency.stddev != 0|*|sender-latency|stddev|!=|0',
  ])
})

test('conditions of valid are read as lines of expect, and are none of them', () => {
  const play = load(`${good}valid: ["a: not-stamped == 0"]\n`)
  assert.equal(
    play.valid.map(({ flows, figure, limit }) => [flows, figure, limit]),
    [['a', 'not-stamped', 0]],
  )
  assert.is(play.expect.length, 2)
  assert.equal((play.resolved as { valid: unknown }).valid, ['a: not-stamped == 0'])
  assert.equal(
    problemsIn(`${good}valid: lots == 0\n`).map(({ code, at }) => [code, at?.line]),
    [['PLAYBOOK_EXPECT', 23]],
  )
})

test("a flow's own expect is for that flow alone", () => {
  const play = load(good.replace('base-time: 100ns', 'expect: [lost < 2]'))
  const last = play.expect.at(-1)
  assert.equal([last?.flows, last?.figure, last?.limit], ['b', 'lost', 2])
})

test('anchors, aliases and merge keys work; own keys win over merged ones', () => {
  const text = good
    .replace('  a: {from: A, to: C, etype: 0xdead}', '  a: &one {from: A, to: C, num-frames: 7}')
    .replace('{from: B, to: C, base-time: 100ns}', '{<<: *one, from: B}')
  const [, b] = load(text).flows
  assert.equal([b?.from, b?.to, b?.sender['num-frames']], ['B', 'C', 7n])
})

test('a play without a name is called after its file', () => {
  assert.is(load(good.replace('name: test\n', ''), { file: 'lab/mesh.yml' }).name, 'mesh')
})

test('special variables, lookups and our filters can be used', () => {
  const inventory = inventoryOf('A rack=r7 nic=enp1\nB rack="{{ nope }}" nic=enp2\nC\n[left]\nA\n')
  const name = (expression: string) =>
    load(good.replace('name: test', `name: '${expression}'`), { inventory, env: { WHO: 'me' } }).name
  assert.is(name('{{ groups.left[0] }} {{ hostvars.A.rack }}'), 'A r7')
  assert.is(name('{{ hostvars[groups["left"][0]].nic }}'), 'enp1')
  assert.is(name('{{ lookup("env", "WHO") }}'), 'me')
  assert.is(
    name('{{ "lab-07" | regex_replace("lab-0*([0-9]+)", "n\\\\1") }} {{ "%s-%03d" | format("x", 7) }}'),
    'n7 x-007',
  )
  assert.is(name('{{ nothing | default("some") }} {{ "yes" if missing is defined else "no" }}'), 'some no')
  const at = (host: string) =>
    load(good.replace('interface: eth0', 'interface: "{{ inventory_hostname }}{{ group_names | join }}"'), {
      inventory,
    }).hosts.find(({ name: each }) => each === host)?.interface
  assert.is(at('A'), 'Aleft')
})

test('an encrypted variable is an error where it is used, and only there', () => {
  const vault =
    'all:\n  hosts:\n    A:\n      pass: !vault |\n        $ANSIBLE_VAULT;1.1;AES256\n        6162\n    B:\n    C:\n'
  const inventory = inventoryOf(vault, 'inventory.yml')
  assert.equal(problemsIn(good, { inventory }), [])
  const [problem] = problemsIn(good.replace('num-frames: 10', 'num-frames: "{{ pass }}"'), { inventory })
  assert.is(problem?.code, 'INVENTORY_VAULT')
})

const sealed = (text: string) => `!vault |\n${text.replaceAll(/^(?=.)/gm, '        ')}`

/** What `ansible_password` of host A becomes when its variables are these. */
const passwordOf = (variables: string, more: Readonly<Record<string, string>> = {}) =>
  playWith(variables, more).hosts[0]?.connection.password

function playWith(variables: string, more: Readonly<Record<string, string>> = {}) {
  const text = `all:\n  hosts:\n    A:\n${variables.replaceAll(/^(?=[a-z])/gm, '      ')}    B:\n    C:\n`
  const files = memoryFiles({ 'lab.yml': text, ...more })
  const inventory = loadInventory(['lab.yml'], { files, passwords: vaultPasswords })
  return load(good, { inventory, binds: new Map([['A', 'A']]) })
}

test('a password may be encrypted: by itself, through another variable, in a file', () => {
  assert.is(passwordOf(`ansible_password: ${sealed(labelledValue)}`), 'label text')
  // A text that was encrypted by itself is no template.
  assert.is(passwordOf(`ansible_password: ${sealed(sealedValue)}`), 's3cret {{ x }} ü')
  assert.is(passwordOf(`ansible_password: "<{{ pw }}>"\npw: ${sealed(labelledValue)}`), '<label text>')
  assert.is(passwordOf('ansible_password: "{{ vault_pw }}"\n', { 'host_vars/A.yml': sealedFile }), '291')
  assert.is(passwordOf('x: 1\n', { 'group_vars/all.yml': sealedPassword }), '007')
  for (const name of ['ansible_become_password', 'ansible_become_pass']) {
    const { become, becoming } =
      playWith(`ansible_become: true\n${name}: ${sealed(labelledValue)}`).hosts[0]?.connection ?? {}
    assert.equal([become?.password, becoming?.password], ['label text', 'label text'])
  }
})

test('a decrypted password is in nothing that a run writes down', () => {
  const play = playWith(
    `ansible_become: true\nansible_become_pass: ${sealed(labelledValue)}ansible_password: ${sealed(labelledValue)}`,
  )
  assert.is(play.hosts[0]?.connection.password, 'label text')
  assert.not.match(JSON.stringify(play.resolved), /label text/)
  assert.not.match(planInWords(play), /label text/)
})

test('what a vault keeps secret is used for no option of a flow, and no error tells it', () => {
  const files = memoryFiles({ 'lab.yml': 'all: {hosts: {A: , B: , C: }}\n', 'group_vars/all.yml': sealedPassword })
  const inventory = loadInventory(['lab.yml'], { files, passwords: vaultPasswords })
  const binds = new Map([['A', 'A']])
  const [problem] = problemsIn(good.replace('num-frames: 10', 'num-frames: "{{ number }}"'), {
    inventory,
    binds,
  })
  assert.equal([problem?.code, problem?.message], ['INVENTORY_VAULT', "'number' is secret and cannot be used here"])
  assert.equal(problem?.at, { file: 'group_vars/all.yml', line: 1, column: 1 })
  assert.throws(
    () => passwordOf(`ansible_password: "{{ pw.nothing }}"\npw: ${sealed(labelledValue)}`),
    (error: LockstepError) =>
      /^ansible_password cannot be evaluated/.test(error.message) && !/label text/.test(error.message),
  )
})

test('all findings come at once, in the order of the file', () => {
  const text = good
    .replace('interface: eth0', 'interfaces: eth0')
    .replace('offset: 100ns', 'offset: 100')
    .replace('frame-size: 1500', 'frame-sise: 1500')
    .replace('to: C, etype', 'to: Z, etype')
    .replace('lost == 0', 'lots == 0')
  assert.equal(
    problemsIn(text).map(({ at }) => at?.line),
    [3, 12, 16, 18, 21],
  )
})

test.run()
