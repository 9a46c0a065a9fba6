import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Environment } from 'minijinja-js'
import * as assert from 'uvu/assert'
import { filesBelow } from '../../src/cli/inventory-files.ts'
import { LockstepError } from '../../src/errors/error.ts'
import { type Connection, connectionOf } from '../../src/inventory/connection.ts'
import type { InventoryHost, LoadedInventory } from '../../src/inventory/inventory.ts'
import { listJson } from '../../src/inventory/list-json.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { magicVars } from '../../src/inventory/magic.ts'
import { textOfVariable } from '../../src/inventory/variable.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('inventory/cases')

const root = 'test/fixtures/inventory-cases'

interface Case {
  readonly about: string
  readonly inventory: readonly string[]
  readonly playbook_dir?: string
  readonly unparsable?: true
}

interface ExpectedSelection {
  readonly pattern: string
  readonly limit?: string
  readonly hosts?: readonly string[]
  readonly any_order?: true
  readonly warning?: true
  readonly error?: string
}

const folders = readdirSync(root).filter(name => /^\d\d-/.test(name))
const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

function load(folder: string): LoadedInventory {
  const { inventory, playbook_dir: playbookDir } = readJson(join(root, folder, 'case.json')) as Case
  const files = filesBelow(join(root, folder))
  return loadInventory(inventory, { files, ...(playbookDir === undefined ? {} : { playbookDir }) })
}

test('all 34 cases are here', () => assert.is(folders.length, 34))

for (const folder of folders) {
  const { about, unparsable } = readJson(join(root, folder, 'case.json')) as Case
  if (unparsable) {
    test(`${folder} is refused with file, line and column: ${about}`, () => {
      const error = refusalOf(() => load(folder))
      assert.match(error.code, /^INVENTORY_/)
      assert.ok(error.at !== undefined && error.at.line > 0 && error.at.column > 0)
    })
    continue
  }
  test(`${folder} lists what Ansible lists, byte for byte: ${about}`, () => {
    assert.is(`${listJson(load(folder))}\n`, readFileSync(join(root, folder, 'expected.json'), 'utf8'))
  })
  test(`${folder} reads back from its own list`, () => {
    const first = listJson(load(folder))
    const files = { ...filesBelow('.'), kind: () => 'file' as const, readText: () => first, isExecutable: () => false }
    assert.equal(
      sortedNames(JSON.parse(listJson(loadInventory(['list.json'], { files })))),
      sortedNames(JSON.parse(first)),
    )
  })
  const selections = join(root, folder, 'expected-hosts.json')
  if (!existsSync(selections)) continue
  for (const expected of readJson(selections) as ExpectedSelection[]) checkSelection(folder, expected)
}

function checkSelection(folder: string, { pattern, limit, hosts, any_order, warning, error }: ExpectedSelection): void {
  const limited = limit === undefined ? '' : ` limited to '${limit}'`
  test(`${folder}: '${pattern}'${limited} ${error ? 'is refused' : `is ${hosts?.join(' ') || 'no host'}`}`, () => {
    if (error !== undefined) {
      assert.is(refusalOf(() => load(folder).select(pattern, limit)).code, 'INVENTORY_LIMIT')
      return
    }
    const selection = load(folder).select(pattern, limit)
    const names = selection.hosts.map(({ name }) => name)
    assert.equal(any_order ? names.sort() : names, any_order ? [...(hosts ?? [])].sort() : hosts)
    assert.is(selection.warnings.length > 0, warning === true)
  })
}

/** The list is sorted by group, so the order of first mention is not in it. */
function sortedNames(value: Record<string, { hosts?: string[]; children?: string[] }>): unknown {
  const sorted = (names: string[] | undefined) => names && [...names].sort()
  return Object.entries(value).map(([name, group]) => [
    name,
    name === '_meta' ? group : { hosts: sorted(group.hosts), children: sorted(group.children) },
  ])
}

function refusalOf(act: () => unknown): LockstepError {
  try {
    act()
  } catch (error) {
    if (error instanceof LockstepError) return error
    throw error
  }
  throw new Error('was not refused')
}

// Templates belong to whoever uses a value; here a bare Jinja2 engine stands in.
function evaluator(inventory: LoadedInventory): (host: InventoryHost) => ReadonlyMap<string, unknown> {
  const jinja = new Environment()
  jinja.addFilter('basename', (path: string) => path.split('/').at(-1) ?? '')
  const magic = magicVars(inventory, { cwd: '/cases' })
  return host => {
    const known = new Map([...host.vars].map(([name, variable]) => [name, textOfVariable(variable)] as const))
    const context = Object.fromEntries([...known, ...magic(host)])
    const evaluate = (value: string) => (value.includes('{{') ? jinja.renderStr(value, context) : value)
    return new Map([...known].map(([name, value]) => [name, evaluate(value)]))
  }
}

test('33: the connection is what the ssh client really got', () => {
  const inventory = load('33-connection-effective')
  const evaluate = evaluator(inventory)
  const connections = inventory.hosts.map(host => [host.name, asSeen(connectionOf(host.name, evaluate(host)))])
  assert.equal(
    Object.fromEntries(connections),
    readJson(join(root, '33-connection-effective', 'expected-connection.json')),
  )
})

/** A connection in the words of the oracle, which left out the options for connection sharing. */
function asSeen({ address, port, user, privateKeyFile, connectTimeoutS, hostKeyChecking, sshArgs = [] }: Connection) {
  const options = sshArgs.join('\0').replaceAll('-o\0', '').replaceAll('-J\0', '-J ').split('\0')
  const shown = options.filter(option => option !== '' && !option.startsWith('ControlMaster='))
  if (hostKeyChecking === false) shown.unshift('StrictHostKeyChecking=no')
  return {
    options: shown,
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(privateKeyFile === undefined ? {} : { identity: privateKeyFile }),
    connect_timeout: connectTimeoutS ?? 10,
    address,
  }
}

test('34: every host sees the magic variables that Ansible shows', () => {
  const inventory = load('34-magic-variables')
  const expected = readJson(join(root, '34-magic-variables', 'expected-magic.json'))
  const { 'localhost (implicit)': implicit, ...byHost } = expected
  const seen = inventory.hosts.map(host => [host.name, magicSeen(inventory, host)])
  assert.equal(Object.fromEntries(seen), byHost)
  const [local] = inventory.select('localhost').hosts
  assert.ok(local)
  const magic = magicVars(inventory)(local)
  const { all } = magic.get('groups') as { all: readonly string[] }
  const figures = [local.vars.get('ansible_connection')?.value, magic.get('inventory_hostname'), local.groupNames]
  assert.equal([...figures, all.length], Object.values(implicit)[0])
})

function magicSeen(inventory: LoadedInventory, host: InventoryHost) {
  const magic = magicVars(inventory, { cwd: '/cases' })(host)
  const vars = evaluator(inventory)(host)
  const { groups } = Object.fromEntries(magic) as { groups: Record<string, string[]> }
  return {
    inventory_hostname: magic.get('inventory_hostname'),
    inventory_hostname_short: magic.get('inventory_hostname_short'),
    group_names: magic.get('group_names'),
    groups: { ...groups },
    here: vars.get('here'),
    peers: vars.get('peers'),
    other: JSON.parse(String(vars.get('other')).replaceAll("'", '"')),
  }
}

test.run()
