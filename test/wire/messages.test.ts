import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { ns, tai, utc } from '../../src/units/quantity.ts'
import { encodeGet, encodeSet } from '../../src/wire/frames.ts'
import { type MessageName, messageOf, messages, type Settable, spelt, type Value } from '../../src/wire/messages.ts'
import { decodeValue, encodeValue, payloadSize } from '../../src/wire/payload.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('wire: messages')

/** id, isochron's name, octets, payload in hex written from the layout tables, what it says. */
const table: { [Name in MessageName]: readonly [number, string, number | undefined, string, Value<Name>] } = {
  log: [0, 'LOG', undefined, '00000004 00000000', Buffer.alloc(0)],
  sysmonOffset: [
    1,
    'SYSMON_OFFSET',
    24,
    // two's complement of 37 000 005 000 = 0x89d5f4588; 1 700 000 000 s; 1234 ns
    'fffffff762a0ba78 17979cfe362a0000 00000000000004d2',
    { offset: ns(-37_000_005_000n), time: utc(1_700_000_000_000_000_000n), delay: ns(1234n) },
  ],
  ptpmonOffset: [2, 'PTPMON_OFFSET', 8, 'ffffffffffffec78', ns(-5000n)],
  utcOffset: [3, 'UTC_OFFSET', 2, '0025', 37],
  portState: [4, 'PORT_STATE', 1, '09', 9],
  gmClockIdentity: [5, 'GM_CLOCK_IDENTITY', 8, '001122fffe334455', '001122.fffe.334455'],
  packetCount: [6, 'PACKET_COUNT', 8, '0000000000000014', 20n],
  destinationMac: [7, 'DESTINATION_MAC', 8, '0102030405ff 0000', '01:02:03:04:05:ff'],
  sourceMac: [8, 'SOURCE_MAC', 8, '000000000000 0000', '00:00:00:00:00:00'],
  nodeRole: [9, 'NODE_ROLE', 4, '00000000', 'sender'],
  packetSize: [10, 'PACKET_SIZE', 4, '000005dc', 1500],
  ifName: [11, 'IF_NAME', 16, '65746830 000000000000000000000000', 'eth0'],
  priority: [12, 'PRIORITY', 4, '00000006', 6],
  statsPort: [13, 'STATS_PORT', 2, '1388', 5000],
  baseTime: [14, 'BASE_TIME', 8, '18ea2a277f654bfb', tai(1_795_293_750_590_000_123n)],
  advanceTime: [15, 'ADVANCE_TIME', 8, '0000000000989680', ns(10_000_000n)],
  shiftTime: [16, 'SHIFT_TIME', 8, 'ffffffffffffffff', ns(-1n)],
  cycleTime: [17, 'CYCLE_TIME', 8, '000000000007a120', ns(500_000n)],
  windowSize: [18, 'WINDOW_SIZE', 8, '0000000000000100', ns(256n)],
  sysmonEnabled: [19, 'SYSMON_ENABLED', 4, '01000000', true],
  ptpmonEnabled: [20, 'PTPMON_ENABLED', 4, '01000000', true],
  uds: [21, 'UDS', 108, `2f7661722f72756e2f7074 70346c ${'00'.repeat(94)}`, '/var/run/ptp4l'],
  domainNumber: [22, 'DOMAIN_NUMBER', 4, '18000000', 24],
  transportSpecific: [23, 'TRANSPORT_SPECIFIC', 4, '01000000', 1],
  numReadings: [24, 'NUM_READINGS', 4, '00000005', 5],
  tsEnabled: [25, 'TS_ENABLED', 4, '01000000', true],
  vid: [26, 'VID', 4, '0fff0000', 4095],
  ethertype: [27, 'ETHERTYPE', 4, 'dead0000', 0xdead],
  quietEnabled: [28, 'QUIET_ENABLED', 4, '00000000', false],
  taprioEnabled: [29, 'TAPRIO_ENABLED', 4, '01000000', true],
  txtimeEnabled: [30, 'TXTIME_ENABLED', 4, '00000000', false],
  deadlineEnabled: [31, 'DEADLINE_ENABLED', 4, '01000000', true],
  ipDestination: [
    32,
    'IP_DESTINATION',
    36,
    `00000002 0a000001${'00'.repeat(12)} 65746830${'00'.repeat(12)}`,
    { family: 2, address: Uint8Array.of(10, 0, 0, 1, ...new Array(12).fill(0)), device: 'eth0' },
  ],
  l2Enabled: [33, 'L2_ENABLED', 4, '01000000', true],
  l4Enabled: [34, 'L4_ENABLED', 4, '00000000', false],
  dataPort: [35, 'DATA_PORT', 2, '1770', 6000],
  schedFifoEnabled: [36, 'SCHED_FIFO_ENABLED', 4, '01000000', true],
  schedRrEnabled: [37, 'SCHED_RR_ENABLED', 4, '00000000', false],
  schedPriority: [38, 'SCHED_PRIORITY', 4, '00000062', 98],
  cpuMask: [39, 'CPU_MASK', 8, '8000000000000003', 0x8000_0000_0000_0003n],
  testState: [40, 'TEST_STATE', 4, '02000000', 'failed'],
  syncMonitorEnabled: [41, 'SYNC_MONITOR_ENABLED', 4, '00000000', false],
  portLinkState: [42, 'PORT_LINK_STATE', 4, '02000000', 'up'],
  currentClockTai: [43, 'CURRENT_CLOCK_TAI', 8, '18ea2a2732331fd9', tai(1_795_293_749_294_866_393n)],
  operBaseTime: [44, 'OPER_BASE_TIME', 8, '0000000000000000', tai(0n)],
}
const rows = Object.entries(table) as [MessageName, readonly [number, string, number | undefined, string, never]][]

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const refusal = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    if (error instanceof LockstepError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'accepted'
}

test('all 45 messages are in the table, under their ids, names and sizes', () => {
  assert.is(rows.length, 45)
  assert.equal(Object.keys(messages), Object.keys(table))
  for (const [name, [id, spelling, size]] of rows) {
    assert.is(messages[name].id, id, name)
    assert.is(messageOf(id), name)
    assert.is(spelt(name), spelling)
    assert.is(payloadSize(name), size, name)
  }
  assert.is(messageOf(45), undefined)
})

for (const [name, [id, spelling, , payload, value]] of rows)
  test(`${spelling} reads and writes the bytes of its row`, () => {
    assert.equal(decodeValue(name, hex(payload)), value)
    assert.is(encodeValue(name, value).toString('hex'), payload.replaceAll(' ', ''))
    const number = id.toString(16).padStart(4, '0')
    assert.is(encodeGet(name).toString('hex'), `02000000000000080000${number}00000000`)
    const size = hex(payload).length
    assert.is(
      encodeSet(name, value).toString('hex'),
      `02010000${(size + 8).toString(16).padStart(8, '0')}0000${number}${size.toString(16).padStart(8, '0')}${payload.replaceAll(' ', '')}`,
    )
  })

test('a payload of another size than its row is refused', () => {
  assert.is(
    refusal(() => decodeValue('baseTime', Buffer.alloc(4))),
    'WIRE_PAYLOAD: BASE_TIME is 8 bytes on the wire, got 4',
  )
  for (const [name, [, spelling, size, payload]] of rows) {
    const whole = hex(payload)
    for (const wrong of [Buffer.alloc(0), whole.subarray(1), Buffer.concat([whole, Buffer.alloc(1)])]) {
      const said = refusal(() => decodeValue(name, wrong))
      assert.match(said, size === undefined ? /^WIRE_PAYLOAD: LOG: / : `${spelling} is ${size} bytes on the wire, got`)
    }
  }
})

for (const [what, work, said] of [
  [
    'a flag of 2',
    () => decodeValue('l2Enabled', hex('02000000')),
    'WIRE_PAYLOAD: L2_ENABLED: expected a code from 0 to 1, got 2',
  ],
  [
    'a flag that would leak a socket',
    () => encodeValue('l2Enabled', 2 as never),
    'WIRE_VALUE: L2_ENABLED: expected false or true, got 2',
  ],
  [
    'an unknown test state',
    () => decodeValue('testState', hex('03000000')),
    'WIRE_PAYLOAD: TEST_STATE: expected a code from 0 to 2, got 3',
  ],
  [
    'a text without NUL',
    () => decodeValue('ifName', Buffer.alloc(16, 'x')),
    'WIRE_PAYLOAD: IF_NAME: expected a NUL among the 16 octets of a text',
  ],
  [
    'an interface name of 16 octets',
    () => encodeValue('ifName', 'x'.repeat(16)),
    'WIRE_VALUE: IF_NAME: expected at most 15 octets without NUL, got xxxxxxxxxxxxxxxx',
  ],
  [
    'a text with a NUL inside',
    () => encodeValue('uds', '/a\0b'),
    'WIRE_VALUE: UDS: expected at most 107 octets without NUL, got /a\0b',
  ],
  ['a port above 65535', () => encodeValue('dataPort', 65536), 'WIRE_VALUE: DATA_PORT: expected 0 to 65535, got 65536'],
  ['half an octet', () => encodeValue('packetSize', 1.5), 'WIRE_VALUE: PACKET_SIZE: expected 0 to 4294967295, got 1.5'],
  [
    'a negative count',
    () => encodeValue('packetCount', -1n),
    'WIRE_VALUE: PACKET_COUNT: expected 0 to 18446744073709551615, got -1',
  ],
  [
    'a time past 2^63',
    () => encodeValue('cycleTime', ns(2n ** 63n)),
    'WIRE_VALUE: CYCLE_TIME: expected -9223372036854775808 to 9223372036854775807, got 9223372036854775808',
  ],
  [
    'a UTC offset past 16 bits',
    () => encodeValue('utcOffset', 40_000),
    'WIRE_VALUE: UTC_OFFSET: expected -32768 to 32767, got 40000',
  ],
  [
    'a short address',
    () => encodeValue('sourceMac', '1:2:3:4:5:6'),
    'WIRE_VALUE: SOURCE_MAC: expected six octets in hex, two digits each, got 1:2:3:4:5:6',
  ],
  [
    'a clock identity with colons',
    () => encodeValue('gmClockIdentity', '00:11'),
    'WIRE_VALUE: GM_CLOCK_IDENTITY: expected the form 001122.fffe.334455, got 00:11',
  ],
  [
    'a short IP address',
    () => encodeValue('ipDestination', { family: 2, address: Uint8Array.of(1), device: '' }),
    'WIRE_VALUE: IP_DESTINATION address: expected 16 octets, got 1 octets',
  ],
] as const satisfies readonly (readonly [string, () => unknown, string])[])
  test(`${what} is refused with the message's name`, () => assert.is(refusal(work), said))

test('names are for their kind of request only, says the compiler', () => {
  type Gets = import('../../src/wire/messages.ts').Gettable
  const both: Gets & Settable = 'testState'
  // @ts-expect-error BASE_TIME is answered by nobody
  const notGot: Gets = 'baseTime'
  // @ts-expect-error OPER_BASE_TIME is taken by nobody
  const notSet: Settable = 'operBaseTime'
  assert.equal(
    [both, notGot, notSet].map(name => name in messages),
    [true, true, true],
  )
})

test.run()
