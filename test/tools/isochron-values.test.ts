import * as assert from 'uvu/assert'
import { parseIp } from '../../src/tools/ip-address.ts'
import type { SendKind } from '../../src/tools/isochron-send-options.ts'
import { readValue } from '../../src/tools/isochron-values.ts'
import { tai } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools: values of isochron')

const now = tai(1_795_293_749_294_866_393n)
const read = (kind: SendKind, text: string, more = {}) => {
  const reading = readValue({ short: '', kind, ...more }, text, now)
  return 'fault' in reading ? reading.fault : reading.value
}

for (const [kind, text, value] of [
  ['integer', '10', 10n],
  ['integer', '-5', -5n],
  ['integer', '+5', 5n],
  ['integer', '0', 0n],
  ['integer', '0x5DC', 1500n],
  ['integer', '-0x10', -16n],
  ['integer', '010', 8n],
  ['integer', '9223372036854775807', 2n ** 63n - 1n],
  ['integer', '-9223372036854775808', -(2n ** 63n)],
  ['unsigned', '18446744073709551615', 2n ** 64n - 1n],
  ['unsigned', '0x1', 1n],
  ['time', '10000000', 10_000_000n],
  ['time', '3', 3n],
  ['time', '0x10', 16n],
  ['time', '010', 8n],
  ['time', '-5', -5n],
  ['time', '0.01', 10_000_000n],
  ['time', '.5', 500_000_000n],
  ['time', '1.', 1_000_000_000n],
  ['time', '0.000000001', 1n],
  ['time', '00.5', 500_000_000n],
  ['time', '-1.0', -1_000_000_000n],
  ['instant', '-5', -5n],
  ['instant', '+1.5', now + 1_500_000_000n],
  ['instant', '+5', now + 5n],
  ['instant', '0.000000100', 100n],
  ['mac', '1:2:3:4:5:6', '01:02:03:04:05:06'],
  ['mac', '00:AA:bb:cc:dd:ee', '00:aa:bb:cc:dd:ee'],
  ['ip', '10.0.0.1', '10.0.0.1'],
  ['ip', '::1', '::1'],
  ['ip', 'fe80::1%eth0', 'fe80::1%eth0'],
  ['interface', 'eth0', 'eth0'],
  ['path', '/tmp/a b', '/tmp/a b'],
] as const)
  test(`${kind} '${text}' is ${value}`, () => assert.is(read(kind, text), value))

for (const [kind, text, fault] of [
  ['integer', '5x', "'5x' is no integer, isochron would read 5"],
  ['integer', 'abc', "'abc' is no integer, isochron would read 0"],
  ['integer', '0.00001', "'0.00001' is no integer, isochron would read 0"],
  ['integer', '08', "'08' is no integer, isochron would read 0"],
  ['integer', '0x', "'0x' is no integer, isochron would read 0"],
  ['integer', ' 5', "' 5' is no integer, isochron would read 5"],
  ['integer', '9223372036854775808', "'9223372036854775808' does not fit into 64 bits"],
  ['integer', '', 'expected a value, got none'],
  ['unsigned', '-1', 'expected 0 or more, got -1'],
  ['unsigned', '18446744073709551616', "'18446744073709551616' does not fit into 64 bits"],
  ['time', '10ms', "'10ms' is no time, isochron would read 10 ns"],
  ['time', '1e3', "'1e3' is no time, isochron would read 1 ns"],
  ['time', 'abc', "'abc' is no time, isochron would read 0 ns"],
  ['time', '0.5x', "'0.5x' is no time, isochron would read 5 ns"],
  ['time', '010.5', "'010.5' is no time, isochron would read 8500000000 ns"],
  ['time', '-1.5', "'-1.5' is no time, isochron would read -500000000 ns"],
  ['time', '-0.5', "'-0.5' is no time, isochron would read 500000000 ns"],
  ['time', '.', "'.' is no time, isochron would read 0 ns"],
  ['time', '0x1.5', "'0x1.5' is no time, isochron would read 1500000000 ns"],
  ['time', '0.0000000001', "'0.0000000001' has more than 9 digits behind the dot"],
  ['time', '+1.5', "'+1.5' is no time, isochron would read 1500000000 ns"],
  ['instant', '+10ms', "'10ms' is no time, isochron would read 10 ns"],
  ['mac', '00-11-22-33-44-55', "expected six hex numbers with ':' between them, got '00-11-22-33-44-55'"],
  ['mac', '1:2:3:4:5:6:7', "expected six hex numbers with ':' between them, got '1:2:3:4:5:6:7'"],
  ['mac', '1:2:3:4:5', "expected six hex numbers with ':' between them, got '1:2:3:4:5'"],
  ['mac', '001122334455', "expected six hex numbers with ':' between them, got '001122334455'"],
  ['ip', 'localhost', "expected a numeric IPv4 or IPv6 address, got 'localhost'"],
  ['flag', 'x', 'expected no value'],
] as const)
  test(`${kind} '${text}' is refused: ${fault}`, () => assert.is(read(kind, text), fault))

test('limits are inclusive, and the value for "not given" lies outside of them', () => {
  const limits = { min: 0n, max: 4094n, none: -1n }
  assert.equal(
    ['-1', '0', '4094', '-2', '4095'].map(text => read('integer', text, limits)),
    [-1n, 0n, 4094n, 'expected at least 0, got -2', 'expected at most 4094, got 4095'],
  )
})

test('texts are measured in octets', () => {
  assert.is(read('interface', 'a'.repeat(14), { longest: 14 }), 'a'.repeat(14))
  assert.is(read('interface', 'a'.repeat(15), { longest: 14 }), 'expected at most 14 octets, got 15')
  assert.is(read('path', 'ä'.repeat(54), { longest: 106 }), 'expected at most 106 octets, got 108')
})

const key4 = (last: string) => `00000000000000000000ffff${last}`
for (const [text, key, device] of [
  ['10.0.0.1', key4('0a000001')],
  ['::ffff:10.0.0.1', key4('0a000001')],
  ['::ffff:a00:1', key4('0a000001')],
  ['10.0.0.1%eth0', key4('0a000001'), 'eth0'],
  ['::', '0'.repeat(32)],
  ['::1', `${'0'.repeat(31)}1`],
  ['1::', `0001${'0'.repeat(28)}`],
  ['fe80::1:2%eth0.7', 'fe800000000000000000000000010002', 'eth0.7'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['1:2:3:4:5:6:1.2.3.4', '00010002000300040005000601020304'],
] as const)
  test(`${text} is an address`, () => assert.equal(parseIp(text), { key, device }))

for (const text of [
  '',
  'eth0',
  '10.0.0',
  '10.0.0.256',
  '10.0.0.01',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1::2::3',
  '1:2:3:4::5:6:7:8',
  ':1:2:3:4:5:6:7',
  '12345::',
  '1.2.3.4::',
  '::1%',
  '::1%abcdefghijklmnop',
  '::1%a%b',
])
  test(`'${text}' is no address`, () => assert.is(parseIp(text), undefined))

test.run()
