import {
  clockIdentity,
  type Field,
  type FixedField,
  flag,
  i16,
  macAddress,
  nanoseconds,
  octets,
  oneOf,
  padded,
  taiInstant,
  text,
  u8,
  u16,
  u32,
  u64,
  utcInstant,
} from './fields.ts'
import { logPayload } from './packet-log.ts'

// biome-ignore lint/suspicious/noExplicitAny: rows hold fields of every type, in both directions
type Any = any
/** One field for a message that says one thing: its value is bare. */
export type SingleField = Field<Any>
/** In their order on the wire. */
export type NamedFields = Readonly<Record<string, FixedField<Any>>>
export type Layout = SingleField | NamedFields

interface Row {
  readonly id: number
  readonly layout: Layout
  /** What `isochron daemon` answers; anything else comes back empty with EOPNOTSUPP. */
  readonly sender: Answers
  /** What `isochron rcv` answers. */
  readonly receiver?: Answers
}
type Answers = 'get' | 'set' | 'get set'

const enabled = padded(flag, 4)
const mac = padded(macAddress, 8)
const role = oneOf(['sender', 'receiver'], u32)
const systemClock = { offset: nanoseconds, time: utcInstant, delay: nanoseconds }
const socketAddress = { family: u32, address: octets(16), device: text(16) }
const testState = padded(oneOf(['idle', 'running', 'failed']), 4)
const linkState = padded(oneOf(['unknown', 'down', 'up']), 4)

/** Every management id of isochron 0.9: what its payload holds and which end answers which request. */
export const messages = {
  log: { id: 0, layout: logPayload, sender: 'get', receiver: 'get' }, // reading drains; a receiver may hold its answer
  sysmonOffset: { id: 1, layout: systemClock, sender: 'get', receiver: 'get' }, // CLOCK_REALTIME minus PHC: about -37 s
  ptpmonOffset: { id: 2, layout: nanoseconds, sender: 'get', receiver: 'get' }, // positive: ahead of the grandmaster
  utcOffset: { id: 3, layout: i16, sender: 'get set', receiver: 'get' }, // s; GET sets that kernel's TAI offset as well
  portState: { id: 4, layout: u8, sender: 'get', receiver: 'get' }, // IEEE 1588-2019 table 27
  gmClockIdentity: { id: 5, layout: clockIdentity, sender: 'get', receiver: 'get' },
  packetCount: { id: 6, layout: u64, sender: 'set', receiver: 'set' }, // 0 = endless; clears a receiver's log
  destinationMac: { id: 7, layout: mac, sender: 'set', receiver: 'get' },
  sourceMac: { id: 8, layout: mac, sender: 'set' }, // zeros = the interface's
  nodeRole: { id: 9, layout: role, sender: 'set' }, // resets the sender; 'receiver' is refused
  packetSize: { id: 10, layout: u32, sender: 'set' }, // octets from destination MAC to data, VLAN tag in, FCS out
  ifName: { id: 11, layout: text(16), sender: 'set' },
  priority: { id: 12, layout: u32, sender: 'set' }, // SO_PRIORITY, and the PCP when there is a VID
  statsPort: { id: 13, layout: u16, sender: 'set' }, // no effect
  baseTime: { id: 14, layout: taiInstant, sender: 'set' }, // of the first packet, before shift
  advanceTime: { id: 15, layout: nanoseconds, sender: 'set' },
  shiftTime: { id: 16, layout: nanoseconds, sender: 'set' },
  cycleTime: { id: 17, layout: nanoseconds, sender: 'set' }, // 0 crashes the daemon on start
  windowSize: { id: 18, layout: nanoseconds, sender: 'set' },
  sysmonEnabled: { id: 19, layout: enabled, sender: 'set' }, // false leaves a dangling pointer in the daemon
  ptpmonEnabled: { id: 20, layout: enabled, sender: 'set' }, // 3 s when there is no ptp4l
  uds: { id: 21, layout: text(108), sender: 'set' },
  domainNumber: { id: 22, layout: padded(u8, 4), sender: 'set' },
  transportSpecific: { id: 23, layout: padded(u8, 4), sender: 'set' },
  numReadings: { id: 24, layout: u32, sender: 'set' },
  tsEnabled: { id: 25, layout: enabled, sender: 'set' },
  vid: { id: 26, layout: padded(u16, 4), sender: 'set' }, // only NODE_ROLE takes it back
  ethertype: { id: 27, layout: padded(u16, 4), sender: 'set' },
  quietEnabled: { id: 28, layout: enabled, sender: 'set' },
  taprioEnabled: { id: 29, layout: enabled, sender: 'set' },
  txtimeEnabled: { id: 30, layout: enabled, sender: 'set' },
  deadlineEnabled: { id: 31, layout: enabled, sender: 'set' },
  ipDestination: { id: 32, layout: socketAddress, sender: 'set' }, // family 2 or 10; address ignored since 0.9-rc2
  l2Enabled: { id: 33, layout: enabled, sender: 'set', receiver: 'set' },
  l4Enabled: { id: 34, layout: enabled, sender: 'set', receiver: 'set' },
  dataPort: { id: 35, layout: u16, sender: 'set' },
  schedFifoEnabled: { id: 36, layout: enabled, sender: 'set' }, // no effect, nor have the next two
  schedRrEnabled: { id: 37, layout: enabled, sender: 'set' },
  schedPriority: { id: 38, layout: u32, sender: 'set' },
  cpuMask: { id: 39, layout: u64, sender: 'set' }, // bit n = CPU n; 0 = leave alone
  testState: { id: 40, layout: testState, sender: 'get set' },
  syncMonitorEnabled: { id: 41, layout: enabled, sender: 'set' }, // must be false under orchestration
  portLinkState: { id: 42, layout: linkState, sender: 'get', receiver: 'get' },
  currentClockTai: { id: 43, layout: taiInstant, sender: 'get', receiver: 'get' }, // answered even before NODE_ROLE
  operBaseTime: { id: 44, layout: taiInstant, sender: 'get' }, // 0 before the first start
} as const satisfies Record<string, Row>

export type Messages = typeof messages
export type MessageName = keyof Messages

type Read<L> = L extends Field<infer T> ? T : { readonly [K in keyof L]: L[K] extends Field<infer T> ? T : never }

/** What a message says, with its units. */
export type Value<Name extends MessageName> = Read<Messages[Name]['layout']>

type AnswersTo<Name extends MessageName> =
  | Messages[Name]['sender']
  | (Messages[Name] extends { readonly receiver: infer R } ? R : never)

type Answering<How extends Answers> = {
  [Name in MessageName]: Extract<AnswersTo<Name>, How> extends never ? never : Name
}[MessageName]

/** Messages that at least one of the two ends can be asked for. */
export type Gettable = Answering<'get' | 'get set'>
/** Messages that at least one of the two ends takes. */
export type Settable = Answering<'set' | 'get set'>

const names = new Map(Object.entries(messages).map(([name, { id }]) => [id as number, name as MessageName]))

/** The message of a management id; undefined for one that isochron 0.9 does not know. */
export const messageOf = (id: number): MessageName | undefined => names.get(id)

/** The name in isochron's spelling: `CURRENT_CLOCK_TAI`. */
export const spelt = (name: MessageName): string => name.replaceAll(/[A-Z]/g, '_$&').toUpperCase()
