import * as assert from 'uvu/assert'
import { LockstepError, type Problem, problemsOf } from '../../src/errors/error.ts'
import { EncryptedValue } from '../../src/inventory/encrypted.ts'
import type { LoadedInventory } from '../../src/inventory/inventory.ts'
import { listJson } from '../../src/inventory/list-json.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { memoryFiles } from '../fixtures/memory-files.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('inventory/load')

type Texts = Readonly<Record<string, string>>

const load = (texts: Texts, sources = Object.keys(texts), playbookDir?: string) =>
  loadInventory(sources, { files: memoryFiles(texts), playbookDir })

const value = (inventory: LoadedInventory, host: string, name: string) =>
  inventory.hosts.find(each => each.name === host)?.vars.get(name)?.value

const names = (inventory: LoadedInventory) => inventory.hosts.map(({ name }) => name).join(' ')

function problemsIn(texts: Texts, sources?: readonly string[]): readonly Problem[] {
  try {
    loadInventory(sources ?? Object.keys(texts), { files: memoryFiles(texts) })
  } catch (error) {
    if (error instanceof LockstepError) return problemsOf(error)
    throw error
  }
  return []
}

const written = ({ code, message, hint, at }: Problem) =>
  `${at ? `${at.file}:${at.line}:${at.column} ` : ''}${message} [${code}]${hint ? ` ${hint}` : ''}`

/** One broken INI file each: the text, and everything that is said about it. */
const brokenIni: readonly [text: string, ...said: string[]][] = [
  ['[a:children]\nb\n[c]\n', "2:1 there is no group 'b' [INVENTORY_GROUP] known here: all, ungrouped, a, c"],
  ['[rack]\n[site:children]\nrakc\n', "3:1 there is no group 'rakc' [INVENTORY_GROUP] did you mean 'rack'?"],
  ['[web]\nh\n[wbe:vars]\nx=1\n', "3:1 variables of 'wbe', which is no group [INVENTORY_GROUP] did you mean 'web'?"],
  ['h1 x=1 oops\n', "1:8 a variable is written NAME=VALUE, got 'oops' [INVENTORY_INI]"],
  ['h1 =1\n', "1:4 a variable is written NAME=VALUE, got '=1' [INVENTORY_INI]"],
  ['h1 x="1\n', '1:6 this quote is never closed [INVENTORY_INI]'],
  ['h1 x=1\\\n', '1:7 nothing follows this backslash [INVENTORY_INI]'],
  ['[a\n', "1:1 this '[' has no ']' [INVENTORY_RANGE]"],
  ['[a b]\n', '1:1 this is no section: [NAME], [NAME:vars] or [NAME:children] [INVENTORY_INI] a section has no blanks'],
  ['[]\nh1 oops\n', '1:1 this is no section: [NAME], [NAME:vars] or [NAME:children] [INVENTORY_INI]'],
  ['[a:child]\nh1 oops\n', "1:4 there is no section of kind 'child' [INVENTORY_INI]"],
  ['[a:var]\nx\n', "1:4 there is no section of kind 'var' [INVENTORY_INI] did you mean 'vars'?"],
  ['[a]\n[a:vars]\nx\n', "3:1 a variable is written NAME=VALUE, got 'x' [INVENTORY_INI]"],
  ['[a]\n[a:vars]\n = 1\n', "3:2 a variable is written NAME=VALUE, got '= 1' [INVENTORY_INI]"],
  ['[b]\n[a:children]\nb c\n', "3:1 a child is the name of one group, got 'b c' [INVENTORY_INI]"],
  ['  h1:\n', "1:3 a host's name cannot end with ':' [INVENTORY_INI] a port goes there: NAME:PORT"],
  ['---\n', "1:1 '---' begins a YAML file, not a host [INVENTORY_INI] give the file a name that ends in .yml"],
  ['a[1:]\n', '1:2 this range has no end [INVENTORY_RANGE]'],
  ['a[3] x=1\n', '1:2 a range is [BEGIN:END] or [BEGIN:END:STEP] [INVENTORY_RANGE]'],
  ['[a:children]\na\n[a]\n', "2:1 the group 'a' is a child of itself [INVENTORY_GROUP]"],
  [
    '[a]\n[b]\n[a:children]\nb\n[b:children]\na\n',
    "6:1 'a' cannot be a child of 'b': it contains 'b' [INVENTORY_GROUP]",
  ],
  ['[a:children]\nall\n', "2:1 'all' contains every group and is no child of 'a' [INVENTORY_GROUP]"],
  [
    '[a]\n[a:vars]\nansible_group_priority=high\n',
    "3:1 ansible_group_priority is an integer, got 'high' [INVENTORY_PRIORITY]",
  ],
  [
    'h1 oops\n[a b]\nh2 ignored\n[c]\nh3 x="\n',
    "1:4 a variable is written NAME=VALUE, got 'oops' [INVENTORY_INI]",
    '2:1 this is no section: [NAME], [NAME:vars] or [NAME:children] [INVENTORY_INI] a section has no blanks',
    '5:6 this quote is never closed [INVENTORY_INI]',
  ],
]

for (const [text, ...said] of brokenIni)
  test(`an INI file is refused: ${said[0]}`, () => {
    const problems = problemsIn({ 'hosts.ini': text }).map(written)
    assert.is(problems.length, said.length, problems.join('\n'))
    for (const [i, each] of said.entries()) assert.ok(problems[i]?.startsWith(`hosts.ini:${each}`), problems[i])
  })

/** The same for YAML. */
const brokenYaml: readonly [text: string, said: string][] = [
  [
    'all:\n  hosts:\n    - a\n',
    "3:5 'hosts' is a mapping, got a list [INVENTORY_SHAPE] write 'NAME:' on a line of its own",
  ],
  ['all:\n  vars: 5\n', "2:9 'vars' is a mapping, got a number [INVENTORY_SHAPE] write 'NAME: VALUE'"],
  [
    'all:\n  children:\n    a: x\n',
    "3:8 the group 'a' is a mapping with hosts, vars and children, got a text [INVENTORY_SHAPE]",
  ],
  ['1:\n  hosts:\n', '1:1 the name of a group is a text, got 1 [INVENTORY_SHAPE] quote it: "1"'],
  ['a:\n  hosts:\n    10:\n', '3:5 the name of a host is a text, got 10 [INVENTORY_SHAPE] quote it: "10"'],
  [
    'a:\n  hosts:\n    h: 5\n',
    "3:8 the host 'h' has nothing or a mapping of variables, got a number [INVENTORY_SHAPE]",
  ],
  ['a:\n  hosts:\n    "h[1:]":\n', '3:6 this range has no end [INVENTORY_RANGE]'],
  ['a:\n  children:\n    a:\n', "3:5 the group 'a' is a child of itself [INVENTORY_GROUP]"],
  [
    'a:\n  vars:\n    ansible_group_priority: 1.5\n',
    "3:29 ansible_group_priority is an integer, got '1.5' [INVENTORY_PRIORITY]",
  ],
  ['a:\n  vars: {x: !thing 1}\n', '2:20 the tag !thing is not known [INVENTORY_YAML] leave'],
  ['a:\n  hosts: [\n', "3:1 expected ']' before this: a bracket is never closed"],
  ['- a: 1\n', '1:1 an inventory is a mapping of groups, got a list [INVENTORY_SHAPE]'],
  [
    'plugin: amazon.aws.aws_ec2\n',
    "1:1 this configures the inventory plugin 'amazon.aws.aws_ec2' [INVENTORY_PROGRAM] run ansible-inventory",
  ],
]

for (const [text, said] of brokenYaml)
  test(`a YAML file is refused: ${said}`, () => {
    const problems = problemsIn({ 'hosts.yml': text }).map(written)
    assert.is(problems.length, 1, problems.join('\n'))
    assert.ok(problems[0]?.startsWith(`hosts.yml:${said}`), problems[0])
  })

test('every broken source is reported, not just the first', () => {
  const problems = problemsIn({ 'one.ini': 'h oops\n', 'two.yml': 'a: {hosts: [b]}\n', 'three.ini': 'fine\n' })
  assert.equal(
    problems.map(({ at }) => at?.file),
    ['one.ini', 'two.yml'],
  )
})

test('a source that does not exist is refused with the nearest name', () => {
  assert.equal(problemsIn({ 'lab/hosts.ini': '' }, ['lab/host.ini']).map(written), [
    "there is no inventory 'lab/host.ini' [INVENTORY_SOURCE] did you mean 'hosts.ini'?",
  ])
  assert.equal(problemsIn({}, ['gone/hosts.ini']).map(written), [
    "there is no inventory 'gone/hosts.ini' [INVENTORY_SOURCE] there is no folder 'gone' either",
  ])
})

test('programs, encrypted inventories and executable files that are no inventory say what to do', () => {
  assert.match(problemsIn({ 'ec2.py': '#!/usr/bin/python3\n' })[0]?.hint ?? '', /chmod \+x ec2.py, and --run-scripts/)
  assert.is(problemsIn({ hosts: '$ANSIBLE_VAULT;1.1;AES256\n6162\n' })[0]?.code, 'INVENTORY_VAULT')
  const files = memoryFiles({ 'run.me': 'echo "h\n' }, ['run.me'])
  try {
    loadInventory(['run.me'], { files })
    assert.unreachable()
  } catch (error) {
    const codes = problemsOf(error as LockstepError).map(({ code }) => code)
    assert.equal(codes, ['INVENTORY_INI', 'INVENTORY_PROGRAM'])
  }
})

test('a file without an extension is YAML when it can be, INI otherwise; any other extension is INI', () => {
  assert.is(names(load({ hosts: 'a:\n  hosts:\n    h1:\n' })), 'h1')
  assert.is(names(load({ hosts: '[a]\nh1\n' })), 'h1')
  assert.is(names(load({ hosts: 'h1\nh2 x=1\n' })), 'h1 h2')
  assert.is(names(load({ hosts: '# nothing\n' })), '')
  assert.is(names(load({ 'hosts.lab': 'a\n' })), 'a')
  assert.equal(
    problemsIn({ hosts: 'h1 oops\n' }).map(({ code }) => code),
    ['INVENTORY_INI'],
  )
  assert.equal(
    problemsIn({ hosts: 'a: {hosts: [x]}\n' }).map(({ code }) => code),
    ['INVENTORY_SHAPE'],
  )
})

test('a .yml file that holds an INI inventory is read, with a warning', () => {
  const inventory = load({ 'hosts.yml': 'h1 x=1\nh2\n' })
  assert.is(names(inventory), 'h1 h2')
  assert.match(inventory.warnings.join('\n'), /hosts.yml:1:1: this is no YAML inventory/)
})

test('a byte order mark and lines that end with CRLF or CR do no harm', () => {
  const inventory = load({ 'hosts.ini': '\uFEFF[a]\r\nh1 x=1\r\n\r\n[b]\rh2\r' })
  assert.is(names(inventory), 'h1 h2')
  assert.is(value(inventory, 'h1', 'x'), 1n)
})

test('variables know where they were written', () => {
  const inventory = load({ 'hosts.ini': '[a]\n  h1 x=1 y="b c"\n[a:vars]\nz  =  0x10\n' })
  const places = ['x', 'y', 'z'].map(name => {
    const at = inventory.hosts[0]?.vars.get(name)?.at
    return `${at?.line}:${at?.column}`
  })
  assert.equal(places, ['2:8', '2:12', '4:7'])
  assert.equal(inventory.hosts[0]?.at, { file: 'hosts.ini', line: 2, column: 3 })
  assert.is(inventory.hosts[0]?.vars.get('z')?.written, '0x10')
})

const warned: readonly [what: string, texts: Texts, warning: RegExp][] = [
  ['a host line cut by #', { 'h.ini': 'h v=abc#def w=1\n' }, /h.ini:1:8: a '#' inside a word ends the line/],
  ['a range without hosts', { 'h.ini': 'h[3:1]\n' }, /h.ini:1:1: the range 'h\[3:1\]' stands for no host/],
  [
    'a base-60 number',
    { 'h.yml': 'a: {vars: {mac: 10:20:30:40:50:55}}\n' },
    /h.yml:1:17: 10:20.* is the base-60 number 8041827055/,
  ],
  [
    'an octal number',
    { 'h.ini': 'h\n', 'group_vars/all.yml': 'mode: 0755\n' },
    /group_vars\/all.yml:1:7: 0755 is the octal number 493/,
  ],
  ['a port that comes too late', { 'h.ini': 'h\nh:22\n' }, /h.ini:2:1: the port 22 has no effect/],
  ['a group with a hyphen', { 'h.ini': '[a-b]\n' }, /group names .* are kept: a-b/],
  ['a group and host of one name', { 'h.ini': '[web]\nweb\n' }, /'web' is the name of a group and of a host/],
  [
    'an unexpected key',
    { 'h.yml': 'a: {host: {x: }}\n' },
    /h.yml:1:5: 'host' in group 'a' is skipped: did you mean 'hosts'/,
  ],
  [
    'a group that is a text',
    { 'h.yml': 'a: text\nb: {hosts: {h: }}\n' },
    /h.yml:1:4: the group 'a' is a mapping .* skipped/,
  ],
  ['a variable whose name is no text', { 'h.yml': 'a: {vars: {on: 1}}\n' }, /the variable's name 'true' is no text/],
  [
    'an encrypted file of variables',
    { 'h.ini': 'h\n', 'host_vars/h': '$ANSIBLE_VAULT;1.1;AES256\n61\n' },
    /host_vars\/h:1:1: .*missing/,
  ],
]

for (const [what, texts, warning] of warned)
  test(`a warning tells of ${what}`, () => {
    const { warnings } = load(texts, [Object.keys(texts)[0] ?? ''])
    assert.is(warnings.length, 1, warnings.join('\n'))
    assert.match(warnings[0] ?? '', warning)
  })

test('a comment at the end of a host line needs no warning', () => {
  assert.equal(load({ 'h.ini': 'h x=1 # a comment\ng  # another\n' }).warnings, [])
})

test('an inline list has ports but no ranges, and leaves known hosts alone', () => {
  const inventory = load({ 'h.ini': '[g]\na\n' }, ['h.ini', 'a:99, b:2222,[2001:db8::1]:22,c[1:2]'])
  assert.is(names(inventory), 'a b 2001:db8::1 c[1:2]')
  assert.is(value(inventory, 'b', 'ansible_port'), 2222n)
  assert.is(value(inventory, 'a', 'ansible_port'), undefined)
  assert.is(inventory.hosts[1]?.file, undefined)
  assert.match(inventory.warnings.join(), /:1:31: ranges are not expanded/)
})

test('encrypted values stay closed: a list shows them as they are, using one names its place', () => {
  const inventory = load({
    'h.yml': 'a:\n  hosts:\n    h:\n      pw: !vault |\n        $ANSIBLE_VAULT;1.2;AES256;lab\n        6162\n',
  })
  const secret = value(inventory, 'h', 'pw')
  assert.instance(secret, EncryptedValue)
  assert.match(listJson(inventory), /"__ansible_vault": "\$ANSIBLE_VAULT;1.2;AES256;lab\\n6162\\n"/)
  assert.throws(
    () => `${secret}`,
    (error: LockstepError) => error.code === 'INVENTORY_VAULT' && error.at?.line === 4,
  )
  assert.throws(() => JSON.stringify(secret), /vault id 'lab'/)
  const again = load({ 'list.json': listJson(inventory) })
  assert.instance(value(again, 'h', 'pw'), EncryptedValue)
})

test('files of variables beside two sources: the later source wins, even with a parent group', () => {
  const texts = {
    'one/h.ini': '[child]\nh\n[parent:children]\nchild\n',
    'one/group_vars/child.yml': 'v: one/child\n',
    'two/h.ini': 'h\n',
    'two/group_vars/parent.yml': 'v: two/parent\n',
  }
  const inventory = load(texts, ['one/h.ini', 'two/h.ini'])
  assert.is(value(inventory, 'h', 'v'), 'two/parent')
})

test('a file of variables that is no mapping is refused; an empty one and a list of mappings are fine', () => {
  const beside = (text: string) => ({ 'h.ini': 'h\n', 'host_vars/h.yml': text })
  assert.equal(problemsIn(beside('just text\n'), ['h.ini']).map(written), [
    'host_vars/h.yml:1:1 a file of variables is a mapping, got a text [INVENTORY_SHAPE]',
  ])
  assert.equal(
    problemsIn(beside('a: [\n'), ['h.ini']).map(({ code }) => code),
    ['INVENTORY_YAML'],
  )
  assert.is(load(beside(''), ['h.ini']).hosts[0]?.vars.size, 0)
  assert.is(value(load(beside('- a: 1\n- a: 2\n'), ['h.ini']), 'h', 'a'), 2n)
})

test('what scripts print is an inventory: lists of hosts, the short form, _meta', () => {
  const script = {
    a: ['h1'],
    b: { hosts: ['h2'], vars: { x: 1 } },
    c: { children: ['b'] },
    d: { y: 2 },
    _meta: { hostvars: { h1: { z: 3 } } },
  }
  const inventory = load({ 'list.json': JSON.stringify(script) })
  assert.is(names(inventory), 'h1 h2 d')
  assert.is(value(inventory, 'h1', 'z'), 3n)
  assert.is(value(inventory, 'h2', 'x'), 1n)
  assert.is(value(inventory, 'd', 'y'), 2n)
  assert.equal(inventory.hosts[1]?.groupNames, ['b', 'c'])
  const broken = { a: { hosts: 'h1', children: [5] }, _meta: { hostvars: [] } }
  assert.equal(
    problemsIn({ 'list.json': JSON.stringify(broken) }).map(({ code, at }) => `${code} ${at?.column}`),
    ['INVENTORY_SHAPE 15', 'INVENTORY_SHAPE 32', 'INVENTORY_SHAPE 56'],
  )
})

test('10,000 hosts in 200 groups load in about a second', () => {
  const groups = Array.from({ length: 200 }, (_, g) => {
    const hosts = Array.from({ length: 50 }, (_, h) => `n${g}-${h}.lab ansible_host=10.0.${g}.${h} slot=${h} rate=100M`)
    return [`[g${g}]`, ...hosts, `[g${g}:vars]`, `rack=${g}`, 'ansible_user=root'].join('\n')
  })
  const members = Array.from({ length: 200 }, (_, g) => `g${g}`)
  const text = [...groups, '[site:children]', ...members].join('\n')
  const start = performance.now()
  const inventory = load({ 'hosts.ini': text })
  const variables = inventory.hosts.reduce((sum, { vars }) => sum + vars.size, 0)
  const tookMs = performance.now() - start
  process.stdout.write(`10,000 hosts with ${variables} variables: ${tookMs.toFixed(0)} ms\n`)
  assert.is(inventory.select('site:!g7').hosts.length, 9950)
  assert.ok(tookMs < 10_000)
})

test.run()
