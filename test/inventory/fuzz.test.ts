import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { LockstepError, problemsOf } from '../../src/errors/error.ts'
import { listJson } from '../../src/inventory/list-json.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { memoryFiles } from '../fixtures/memory-files.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('inventory/fuzz')

const pieces = [
  ...[
    '[web]',
    '[web:vars]',
    '[db:children]',
    '[',
    ']',
    'web',
    'h1',
    'node[1:3]',
    'x=1',
    'x="',
    "'",
    '#',
    ';',
    '\\',
    '\n',
    ' ',
  ],
  ...[
    'all:',
    'hosts:',
    'vars:',
    'children:',
    '  ',
    '    ',
    '- ',
    '{',
    '}',
    ',',
    ': ',
    '&a',
    '*a',
    '<<',
    '!vault',
    '!x',
    '|',
    '>',
  ],
  ...[
    '"',
    '{{ x }}',
    '0x1f',
    '010',
    '1:30',
    '---',
    '...',
    '\t',
    '%',
    '@',
    '`',
    '?',
    '[a:',
    '"_meta"',
    '"hosts"',
    '\u0000',
    '\u{1F600}',
  ],
]
const text = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), { maxLength: 40 })

for (const path of ['hosts.ini', 'hosts.yml', 'hosts', 'hosts.json'])
  test(`whatever stands in ${path}, it is an inventory or refused with a place`, () => {
    const check = fc.property(text, parts => {
      try {
        const files = memoryFiles({ [path]: parts.join(''), 'group_vars/all': parts.toReversed().join('') })
        JSON.parse(listJson(loadInventory([path], { files })).replaceAll(/: (NaN|-?Infinity)/g, ': 0'))
      } catch (error) {
        assert.instance(error, LockstepError)
        for (const { at } of problemsOf(error as LockstepError)) assert.ok(at && at.line > 0 && at.column > 0)
      }
    })
    fc.assert(check, { numRuns: 1000 })
  })

const patternPieces = [
  'web',
  ':',
  ',',
  '!',
  '&',
  '~',
  '*',
  '?',
  '[',
  ']',
  '-',
  '0',
  '1',
  '(',
  ')',
  '+',
  '\\',
  '.',
  '@',
  ' ',
  '2001:db8::1',
]

test('whatever a host pattern is, it selects or is refused', () => {
  const inventory = loadInventory(['h.ini'], { files: memoryFiles({ 'h.ini': '[web]\nweb[1:20]\n2001:db8::1\n' }) })
  const pattern = fc.array(fc.constantFrom(...patternPieces), { maxLength: 8 }).map(parts => parts.join(''))
  const check = fc.property(pattern, fc.option(pattern, { nil: undefined }), (hosts, limit) => {
    try {
      assert.ok(inventory.select(hosts, limit).hosts.length <= 23)
    } catch (error) {
      assert.instance(error, LockstepError)
    }
  })
  fc.assert(check, { numRuns: 3000 })
})

test.run()
