import * as assert from 'uvu/assert'
import { isIpv6, isOneHost, splitPort } from '../../src/inventory/address.ts'
import { expandRanges } from '../../src/inventory/ranges.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('inventory/ranges')

const expanded: readonly [pattern: string, names: string][] = [
  ['node', 'node'],
  ['node[1:3]', 'node1 node2 node3'],
  ['z[:2]', 'z0 z1 z2'],
  ['tsn[08:11].lab', 'tsn08.lab tsn09.lab tsn10.lab tsn11.lab'],
  ['sw[1:9:4]', 'sw1 sw5 sw9'],
  ['r[1:2]-s[01:03]', 'r1-s01 r1-s02 r1-s03 r2-s01 r2-s02 r2-s03'],
  ['10.0.0.[9:11]', '10.0.0.9 10.0.0.10 10.0.0.11'],
  ['[a:c]', 'a b c'],
  ['s[a:g:3]', 's-a s-d s-g'.replaceAll('-', '')],
  ['[y:B]', 'y z A B'],
  ['[0:10:5]', '0 5 10'],
  ['down[3:1]', ''],
  ['x[8:10]', 'x8 x9 x10'],
]

for (const [pattern, names] of expanded)
  test(`${pattern} is ${names || 'no host'}`, () => {
    const expansion = expandRanges(pattern)
    assert.ok('names' in expansion)
    assert.is(expansion.names.join(' '), names)
  })

test('letters run from a to z and on from A to Z', () => {
  const expansion = expandRanges('[a:C]')
  assert.is('names' in expansion && expansion.names.length, 29)
})

const refused: readonly [pattern: string, offset: number, message: RegExp][] = [
  ['n[1:]', 1, /no end/],
  ['n[1]', 1, /\[BEGIN:END\]/],
  ['n[1:2:3:4]', 1, /\[BEGIN:END\]/],
  ['n[01:2]', 1, /needs 2 digits/],
  ['n[1:3:0]', 1, /step of 0/],
  ['n[1:3:x]', 1, /'x' is no number/],
  ['ab[c:a]', 2, /begins behind its end/],
  ['n[a:3]', 1, /two numbers or two letters/],
  ['n[ab:cd]', 1, /two numbers or two letters/],
  ['n[1:2]-[3', 7, /no '\]'/],
  ['n[1:9999]-[1:9999]', 10, /more than 1000000 hosts/],
  ['n[0:99999999999999999999]', 1, /too large/],
]

for (const [pattern, offset, message] of refused)
  test(`${pattern} is refused at its range`, () => {
    const expansion = expandRanges(pattern)
    assert.ok('problem' in expansion)
    assert.match(expansion.problem, message)
    assert.is(expansion.offset, offset)
  })

const ports: readonly [text: string, name: string, port?: bigint][] = [
  ['web1:2222', 'web1', 2222n],
  ['10.1.1.1:830', '10.1.1.1', 830n],
  ['[2001:db8::1]:2200', '2001:db8::1', 2200n],
  ['2001:db8::2', '2001:db8::2'],
  ['fe80::1', 'fe80::1'],
  ['m[a:b][1:2]:22', 'm[a:b][1:2]', 22n],
  ['node[1:3]', 'node[1:3]'],
  ['h_:22', 'h_:22'],
  ['z[:2]:22', 'z[:2]:22'],
  ['a:b', 'a:b'],
]

for (const [text, name, port] of ports)
  test(`${text} is ${name}${port === undefined ? ' without a port' : ` at port ${port}`}`, () => {
    assert.equal(splitPort(text), port === undefined ? { name } : { name, port })
  })

test('IPv6 addresses are told from names with colons (RFC 4291, 2.2)', () => {
  for (const text of ['::', '::1', 'fe80::1', '1:2:3:4:5:6:7:8', '2001:DB8::', '::ffff:10.0.0.1', '2001:db8::[1:9]'])
    assert.ok(isIpv6(text), text)
  for (const text of [
    '1',
    '',
    '1:2',
    '1::2::3',
    ':::',
    ':1::2',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '::g',
    '::1.2.3.456',
    'a:22',
  ])
    assert.not(isIpv6(text), text)
})

test('a name, address or range is one pattern, a union of groups is a list', () => {
  for (const text of ['web', 'web:22', '2001:db8::1', 'n[1:3].lab', '10.0.0.1']) assert.ok(isOneHost(text), text)
  for (const text of ['a:b', 'web:!broken', 'web:&x', '*', 'web[0]', '~w.*']) assert.not(isOneHost(text), text)
})

test.run()
