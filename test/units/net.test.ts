import * as assert from 'uvu/assert'
import { covers, formatNet, type Net, parseNet } from '../../src/units/net.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('units/net')

const net = (text: string) => parseNet(text) as Net

test('networks and single addresses are read, of both kinds', () => {
  assert.equal(parseNet('192.0.2.0/24'), { bits: 32, address: 0xc0000200n, prefix: 24 })
  assert.equal(parseNet('192.0.2.7'), { bits: 32, address: 0xc0000207n, prefix: 32 })
  assert.equal(parseNet('2001:db8::/32'), { bits: 128, address: 0x20010db8n << 96n, prefix: 32 })
  assert.equal(parseNet('::1'), { bits: 128, address: 1n, prefix: 128 })
  assert.equal(parseNet('::/0'), { bits: 128, address: 0n, prefix: 0 })
  assert.equal(parseNet('64:ff9b::192.0.2.7')?.address, (0x64ff9bn << 96n) | 0xc0000207n)
})

test('an IPv4 address in the clothes of IPv6 is the IPv4 address', () => {
  assert.equal(parseNet('::ffff:192.0.2.7'), parseNet('192.0.2.7'))
})

test('what is no network is not read', () => {
  for (const text of [
    ...['', 'x', '192.0.2', '192.0.2.256', '192.0.2.01', '192.0.2.0/33', '192.0.2.1/24', '192.0.2.0/', '1.2.3.4.5'],
    ...[
      ':',
      ':::',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1::2::3',
      '12345::',
      '2001:db8::1/32',
      '::/129',
      '1:2:3:4:5:6:7:8::',
    ],
  ])
    assert.is(parseNet(text), undefined, text)
})

test('a network covers what begins with its bits, of its own kind', () => {
  const cases = [
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.0/24', '192.0.3.0', false],
    ['192.0.2.0/24', '192.0.2.0/25', true],
    ['192.0.2.0/25', '192.0.2.0/24', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '192.0.2.1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
  ] as const
  for (const [outer, inner, expected] of cases) assert.is(covers(net(outer), net(inner)), expected, `${outer} ${inner}`)
})

test('what was read is written as what reads the same', () => {
  for (const text of ['192.0.2.0/24', '192.0.2.7', '0.0.0.0/0', '2001:db8:0:0:0:0:0:0/32', '0:0:0:0:0:0:0:1'])
    assert.is(formatNet(net(text)), text)
})

test.run()
