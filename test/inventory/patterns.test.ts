import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { nameMatcher } from '../../src/inventory/glob.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { splitPattern } from '../../src/inventory/patterns.ts'
import { memoryFiles } from '../fixtures/memory-files.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('inventory/patterns')

const texts = {
  'hosts.ini': '[web]\nweb[1:3]\ndb\n[db]\nd1\n2001:db8::1\n[empty]\n[x-y]\nd1\n[more]\nweb2\nweb1\n',
  'keep.txt': 'web3\r\n\n  d1  \n',
  'odd.txt': 'web1:web2\n',
  'none.txt': '\n',
}
const inventory = loadInventory(['hosts.ini'], { files: memoryFiles(texts) })
const selected = (pattern: string, limit?: string) =>
  inventory
    .select(pattern, limit)
    .hosts.map(({ name }) => name)
    .join(' ')

const split: readonly [pattern: string, parts: readonly string[]][] = [
  ['a:b', ['a', 'b']],
  ['a, b ,,c', ['a', 'b', 'c']],
  ['a:b,c', ['a:b', 'c']],
  ['2001:db8::1', ['2001:db8::1']],
  ['web[1:3]', ['web[1:3]']],
  ['web[0:1]:!db[2]', ['web[0:1]', '!db[2]']],
  ['v6,!2001:db8::1', ['v6', '!2001:db8::1']],
  ['web:22', ['web:22']],
  ['a :b', ['a', 'b']],
  ['', []],
]

for (const [pattern, parts] of split)
  test(`'${pattern}' has the parts ${parts.map(part => `'${part}'`).join(', ') || 'none'}`, () => {
    assert.equal(splitPattern(pattern), parts)
  })

const selections: readonly [pattern: string, hosts: string][] = [
  ['web:more', 'web1 web2 web3 db'],
  ['more:web', 'web2 web1 web3 db'],
  ['&more:!web2:web', 'web1'],
  // A host's exact name is the host, also where a group has the name; with a prefix the group counts.
  ['db', 'db'],
  ['all:&db', 'd1 2001:db8::1'],
  ['web,!db', 'web1 web2 web3 db'],
  ['x-y', 'd1'],
  ['2001:db8::1', '2001:db8::1'],
  ['all,!2001:db8::1', 'web1 web2 web3 db d1'],
  ['web[1]', 'web2'],
  ['web[-2]', 'web3'],
  ['web[1:2]', 'web2 web3'],
  ['web[2:]', 'web3 db'],
  ['web[0-1]', 'web1 web2'],
  ['web[12]', ''],
  // The subscript counts a host that two groups name twice.
  ['[wm]*[4]', 'web2'],
  ['~web[12]', 'web1 web2'],
  ['~WEB', ''],
  ['~(?i)WEB[12]', 'web1 web2'],
  ['~(?P<letter>d)1', 'd1'],
  ['~.*2', 'web2 2001:db8::1'],
  ['~b', ''],
  ['web?', 'web1 web2 web3'],
  ['web[!2-3]*', 'web1'],
  ['[[]*', ''],
  ['x?y', 'd1'],
  ['localhost,127.0.0.1', 'localhost'],
]

for (const [pattern, hosts] of selections)
  test(`'${pattern}' selects ${hosts || 'nobody'}`, () => assert.is(selected(pattern), hosts))

const globs: readonly [pattern: string, fits: string, fitsNot: string][] = [
  ['a*', 'a abc', 'ba A'],
  ['a.c', 'a.c', 'abc'],
  ['[a-c]x', 'ax cx', 'dx -x'],
  ['[]a]x', ']x ax', 'x'],
  ['[!]]x', 'ax', ']x'],
  ['[z-a]x', '', 'ax zx mx'],
  ['[a-]x', 'ax -x', 'bx'],
  ['[ab', '[ab', 'a b'],
  ['a^$(b)', 'a^$(b)', 'ab'],
  ['[\\^]x', '\\x ^x', 'ax'],
]

for (const [pattern, fits, fitsNot] of globs)
  test(`the glob ${pattern} is Python's fnmatch`, () => {
    const matches = nameMatcher(pattern)
    for (const name of fits.split(' ').filter(Boolean)) assert.ok(matches(name), name)
    for (const name of fitsNot.split(' ')) assert.not(matches(name), name)
  })

test('a part that matches nothing is said, with the nearest name', () => {
  assert.equal(inventory.select('web1:wbe2:empty').warnings, [
    "'wbe2' matches no host (did you mean 'web2'?)",
    "'empty' matches no host (the group is empty)",
  ])
})

test('the limit keeps the order of the pattern; its file has one part per line, which is not split', () => {
  assert.is(selected('all', 'd1,web1'), 'web1 d1')
  assert.is(selected('all', '@keep.txt'), 'web3 d1')
  assert.is(selected('all', 'web1,@keep.txt,!d1'), 'web1 web3')
  assert.throws(() => selected('all', '@odd.txt'), /leaves no host/)
})

const refused: readonly [pattern: string, limit: string | undefined, code: string, message: RegExp][] = [
  ['', undefined, 'INVENTORY_PATTERN', /the host pattern is empty/],
  ['~web(', undefined, 'INVENTORY_PATTERN', /'~web\(' is no regular expression/],
  ['web', 'd1', 'INVENTORY_LIMIT', /the limit 'd1' leaves no host of 'web'/],
  ['web', '', 'INVENTORY_LIMIT', /names no host/],
  ['web', '@none.txt', 'INVENTORY_LIMIT', /names no host/],
  ['web', '@gone.txt', 'INVENTORY_LIMIT', /there is no file 'gone.txt'/],
]

for (const [pattern, limit, code, message] of refused)
  test(`'${pattern}'${limit === undefined ? '' : ` limited to '${limit}'`} is refused`, () => {
    assert.throws(
      () => inventory.select(pattern, limit),
      (error: LockstepError) => {
        assert.instance(error, LockstepError)
        assert.is(error.code, code)
        assert.match(error.message, message)
        return true
      },
    )
  })

test('the implicit local host is local and has what all hosts have', () => {
  const local = loadInventory(['h.ini'], {
    files: memoryFiles({
      'h.ini': 'h\n[all:vars]\nx=1\n',
      'group_vars/all.yml': 'y: 2\n',
      'host_vars/localhost.yml': 'z: 3\n',
    }),
  })
  const [host] = local.select('localhost').hosts
  assert.equal(
    [...(host?.vars ?? [])].map(([name, { value }]) => [name, value]),
    [
      ['x', 1n],
      ['y', 2n],
      ['ansible_connection', 'local'],
      ['z', 3n],
    ],
  )
  assert.equal(host?.groupNames, [])
  assert.is(local.select('all').hosts.length, 1)
})

test.run()
