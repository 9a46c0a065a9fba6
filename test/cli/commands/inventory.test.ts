import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as assert from 'uvu/assert'
import { main } from '../../../src/cli/main.ts'
import { keptIo } from '../../fixtures/io.ts'
import { suite } from '../../fixtures/suite.ts'
import { labelledValue, sealedFile } from '../../fixtures/vault.ts'

const test = suite('cli/inventory')

const cases = 'test/fixtures/inventory-cases'

interface Selected {
  readonly pattern: string
  readonly limit?: string
  readonly hosts?: readonly string[]
  readonly any_order?: true
  readonly warning?: true
  readonly error?: string
}

async function inventory(cwd: string, ...args: string[]) {
  const kept = keptIo(cwd)
  const code = await main(['inventory', ...args], kept.io)
  return { code, stdout: kept.stdout(), stderr: kept.stderr() }
}

/** Runs `lockstep inventory -i hosts.ini` in a folder with this file. */
const withHosts = (text: string, ...args: string[]) => withFiles({ 'hosts.ini': text }, ...args)

/** Runs `lockstep inventory -i hosts.ini` in a folder with these files. */
async function withFiles(files: Readonly<Record<string, string>>, ...args: string[]) {
  const cwd = mkdtempSync(join(tmpdir(), 'lockstep-inventory-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(cwd, dirname(name)), { recursive: true })
      writeFileSync(join(cwd, name), text, { mode: name.endsWith('.sh') ? 0o755 : 0o644 })
    }
    return await inventory(cwd, '-i', 'hosts.ini', ...args)
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

for (const name of readdirSync(cases).filter(each => /^\d\d-/.test(each))) {
  const folder = join(cases, name)
  const { inventory: sources, playbook_dir: dir, unparsable } = JSON.parse(read(folder, 'case.json'))
  const options = [...sources.flatMap((source: string) => ['-i', source]), ...(dir ? ['--playbook-dir', dir] : [])]
  if (unparsable) {
    test(`${name} is refused with a code frame and exit 2`, async () => {
      const { code, stdout, stderr } = await inventory(folder, ...options, '--list')
      assert.is(code, 2)
      assert.is(stdout, '')
      assert.match(stderr, /^hosts\.\w+:\d+:\d+: .* {2}\[INVENTORY_\w+\]\n +\d+ \| /)
    })
    continue
  }
  const list = read(folder, 'expected.json')
  test(`${name}: --list is what Ansible prints`, async () => {
    const { code, stdout } = await inventory(folder, ...options, '--list')
    assert.is(code, 0)
    assert.is(stdout, list)
  })
  test(`${name}: --host is the host's part of the list`, async () => {
    for (const [host, vars] of Object.entries(JSON.parse(list)._meta.hostvars)) {
      const { code, stdout } = await inventory(folder, ...options, '--host', host)
      assert.is(code, 0)
      assert.equal(JSON.parse(stdout), vars)
    }
  })
  if (!existsSync(join(folder, 'expected-hosts.json'))) continue
  test(`${name}: --list-hosts and --limit select what Ansible selects`, async () => {
    for (const expected of JSON.parse(read(folder, 'expected-hosts.json')) as Selected[])
      await checkSelected(folder, options, expected)
  })
}

function read(folder: string, file: string): string {
  return readFileSync(join(folder, file), 'utf8')
}

async function checkSelected(folder: string, options: readonly string[], expected: Selected): Promise<void> {
  const limit = expected.limit === undefined ? [] : [`--limit=${expected.limit}`]
  const { code, stdout, stderr } = await inventory(folder, ...options, `--list-hosts=${expected.pattern}`, ...limit)
  if (expected.error !== undefined) {
    assert.is(code, 2, expected.pattern)
    assert.match(stderr, /\[INVENTORY_LIMIT\]/)
    return
  }
  const names = stdout.split('\n').slice(0, -1)
  const ordered = (list: readonly string[]) => (expected.any_order ? [...list].sort() : list)
  assert.equal(ordered(names), ordered(expected.hosts ?? []), expected.pattern)
  assert.is(code, 0)
  assert.is(/^warning: '.*' matches no host/m.test(stderr), expected.warning === true, expected.pattern)
}

const rack = '[z]\nb x=1\na\n[y]\nc\na\n[x:children]\nz\n[w:children]\nz\ny\n[all]\nq\n'

test('--graph draws groups under each of their parents, children before hosts', async () => {
  const { code, stdout } = await withHosts(rack, '--graph')
  assert.is(code, 0)
  // As ansible-inventory of core 2.14 prints it.
  assert.equal(stdout.split('\n'), [
    '@all:',
    '  |--@ungrouped:',
    '  |  |--q',
    '  |--@x:',
    '  |  |--@z:',
    '  |  |  |--b',
    '  |  |  |--a',
    '  |--@w:',
    '  |  |--@z:',
    '  |  |  |--b',
    '  |  |  |--a',
    '  |  |--@y:',
    '  |  |  |--c',
    '  |  |  |--a',
    '',
  ])
})

test('--graph GROUP draws that group', async () => {
  assert.is((await withHosts(rack, '--graph', 'x')).stdout, '@x:\n  |--@z:\n  |  |--b\n  |  |--a\n')
})

test('--host takes a pattern that is one host', async () => {
  assert.is((await withHosts(rack, '--host', 'z[0]')).stdout, '{\n    "x": 1\n}\n')
  assert.is((await withHosts(rack, '--host', 'localhost')).stdout, '{\n    "ansible_connection": "local"\n}\n')
})

test('warnings go to stderr', async () => {
  const { code, stdout, stderr } = await withHosts('[tsn-lab]\na v=1#2\n', '--list-hosts', 'all')
  assert.is(code, 0)
  assert.is(stdout, 'a\n')
  assert.match(stderr, /^warning: hosts\.ini:2:\d+: .*#/m)
  assert.match(stderr, /^warning: group names with other characters/m)
})

test('what stands wrong on the command line is said, exit 2', async () => {
  const wrong: [string[], RegExp][] = [
    [[], /expected one of --list, --host, --graph and --list-hosts {2}\[USAGE_COMMAND\]/],
    [['--list', '--graph'], /expected one of --list/],
    [['--list', '--limit', 'a'], /--limit belongs to --list-hosts {2}\[USAGE_COMMAND\]/],
    [['--host', 'z'], /expected one host, 'z' is 2 {2}\[INVENTORY_PATTERN\]/],
    [['--host', 'd'], /there is no host 'd' in the inventory {2}\[INVENTORY_PATTERN\]\n +hint: known here: b, a, c, q/],
    [['--graph', 'ungroupd'], /there is no group 'ungroupd' .*\[INVENTORY_GROUP\]\n +hint: did you mean 'ungrouped'\?/],
    [['--list-hosts', ''], /the host pattern is empty {2}\[INVENTORY_PATTERN\]/],
    [['--list', '-i', 'none.ini'], /there is no inventory 'none\.ini' {2}\[INVENTORY_SOURCE\]/],
  ]
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await withHosts(rack, ...args)
    assert.is(code, 2, args.join(' '))
    assert.is(stdout, '')
    assert.match(stderr, message)
  }
})

const vaulted = {
  'hosts.ini': 'n1\n',
  'host_vars/n1/a.yml': sealedFile,
  'host_vars/n1/b.yml': `v12: !vault |\n${labelledValue.replaceAll(/^(?=.)/gm, '  ')}`,
  one: 'pw one\n',
  two: '  two\n',
  none: '\n',
}

test('with its password an encrypted file is listed; a value that is encrypted by itself stays so, as in Ansible', async () => {
  for (const given of [['two'], ['lab@two'], ['one', 'x@two']]) {
    const passwords = given.flatMap(each => ['--vault-password-file', each])
    const { code, stdout, stderr } = await withFiles(vaulted, '--host', 'n1', ...passwords)
    assert.equal([code, stderr], [0, ''])
    assert.equal(JSON.parse(stdout), { b: [1, 2], v12: { __ansible_vault: labelledValue }, vault_pw: 291 })
  }
})

test('a vault without a password or with a wrong one says so', async () => {
  const without = await withFiles(vaulted, '--list')
  assert.is(without.code, 0)
  assert.match(without.stderr, /^warning: host_vars\/n1\/a\.yml:1:1: this file is encrypted/)
  const wrong: [string, RegExp][] = [
    ['one', /^host_vars\/n1\/a\.yml:1:1: the password does not open .*\(vault id 'lab'\) {2}\[INVENTORY_VAULT\]/],
    ['lab@nowhere', /cannot read nowhere: there is no such file {2}\[USAGE_FILE\]/],
    ['none', /--vault-password-file none: the file is empty {2}\[USAGE_VALUE\]/],
  ]
  for (const [file, message] of wrong) {
    const { code, stdout, stderr } = await withFiles(vaulted, '--list', '--vault-password-file', file)
    assert.equal([code, stdout], [2, ''])
    assert.match(stderr, message)
  }
})

test('without a source there is nothing to show', async () => {
  const { code, stderr } = await inventory('.', '--list')
  assert.is(code, 2)
  assert.match(stderr, /there is no inventory {2}\[USAGE_COMMAND\]\n +hint: name one with -i, or in ansible\.cfg/)
})

test.run()
