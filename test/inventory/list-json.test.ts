import * as assert from 'uvu/assert'
import { hostJson, pythonFloat, pythonJson } from '../../src/inventory/list-json.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { magicVars } from '../../src/inventory/magic.ts'
import { memoryFiles } from '../fixtures/memory-files.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('inventory/list-json')

/** A float and its repr in Python 3. */
const floats: readonly [value: number, repr: string][] = [
  [0, '0.0'],
  [-0, '-0.0'],
  [1, '1.0'],
  [-1.5, '-1.5'],
  [0.0001, '0.0001'],
  [0.000123, '0.000123'],
  [0.00001, '1e-05'],
  [1e-7, '1e-07'],
  [1.25e-10, '1.25e-10'],
  [1e15, '1000000000000000.0'],
  [1e16, '1e+16'],
  [1.2345e22, '1.2345e+22'],
  [1e300, '1e+300'],
  [-2.5e-5, '-2.5e-05'],
  [123456789.125, '123456789.125'],
  [Infinity, 'Infinity'],
  [-Infinity, '-Infinity'],
  [Number.NaN, 'NaN'],
]

for (const [value, repr] of floats)
  test(`${repr} is printed as Python prints it`, () => assert.is(pythonFloat(value), repr))

test('keys are sorted by code point and empty collections stay on one line', () => {
  const printed = pythonJson({
    b: [],
    a: {},
    B: [1n, null, true, 'ä"\n'],
    '\u{1F600}': 2.5,
    '\uFF5E': 12345678901234567890n,
  })
  assert.is(
    printed,
    [
      '{',
      '    "B": [',
      '        1,',
      '        null,',
      '        true,',
      '        "ä\\"\\n"',
      '    ],',
      '    "a": {},',
      '    "b": [],',
      '    "\uFF5E": 12345678901234567890,',
      '    "\u{1F600}": 2.5',
      '}',
    ].join('\n'),
  )
})

test('the variables of one host leave out what describes the run', () => {
  const { hosts } = loadInventory(['h.ini'], { files: memoryFiles({ 'h.ini': 'h x=1 inventory_dir=/elsewhere\n' }) })
  const [host] = hosts
  assert.ok(host)
  assert.is(hostJson(host), '{\n    "x": 1\n}')
})

test('magic variables: paths are absolute below cwd, a list on the command line has none, hostvars hold every host', () => {
  const files = memoryFiles({ 'site/h.ini': 'n1.lab x=1\n10.0.0.5\n' })
  const inventory = loadInventory(['site/h.ini', 'extra,'], { files })
  const magic = magicVars(inventory, { cwd: '/home/me', playbookDir: 'plays' })
  const [n1, address, extra] = inventory.hosts.map(magic)
  assert.is(n1?.get('inventory_file'), '/home/me/site/h.ini')
  assert.is(n1?.get('inventory_dir'), '/home/me/site')
  assert.is(n1?.get('playbook_dir'), '/home/me/plays')
  assert.is(n1?.get('inventory_hostname_short'), 'n1')
  assert.is(address?.get('inventory_hostname_short'), '10.0.0.5')
  assert.is(extra?.get('inventory_dir'), null)
  const hostvars = extra?.get('hostvars') as Record<string, Record<string, unknown>>
  assert.equal(Object.keys(hostvars), ['n1.lab', '10.0.0.5', 'extra'])
  assert.is(hostvars['n1.lab']?.['x'], 1n)
  assert.equal(hostvars['n1.lab']?.['group_names'], ['ungrouped'])
})

test.run()
