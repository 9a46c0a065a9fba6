import type { ToolOption, ToolOptions } from '../playbook/play.ts'
import { type Nanoseconds, ns, type TaiInstant, tai } from '../units/quantity.ts'

/** What an isochron pair is to do, in typed values; names and meanings are those of isochron-send(8). */
export interface IsochronTest {
  readonly cycleTime: Nanoseconds
  readonly frameSize: number
  /** 0: without a count, for `duration`. */
  readonly numFrames: bigint
  /** How long frames without a count are sent; 0 for those with one. */
  readonly duration: Nanoseconds
  /** How long frames that are on the way when the last one was due are waited for. */
  readonly grace: Nanoseconds
  readonly baseTime: TaiInstant
  readonly shiftTime: Nanoseconds
  /** Wake-up this long before the scheduled time; isochron's default is cycle time less window size. */
  readonly advanceTime: Nanoseconds
  readonly windowSize: Nanoseconds
  readonly etype: number
  readonly vid: number | undefined
  readonly priority: number
  readonly sourceMac: string | undefined
  /** Undefined: the address that the receiver names. */
  readonly destinationMac: string | undefined
  /** Undefined: the gate's own limit. */
  readonly syncThreshold: Nanoseconds | undefined
  readonly omitSync: boolean
  readonly omitRemoteSync: boolean
  readonly timestamps: boolean
  readonly taprio: boolean
  readonly txtime: boolean
  readonly deadline: boolean
  readonly cpuMask: bigint
  readonly scheduling: 'fifo' | 'rr' | undefined
  readonly schedPriority: number
  /** Undefined: the kernel's, or what ptp4l says. */
  readonly utcTaiOffset: number | undefined
  readonly domainNumber: number
  readonly transportSpecific: number
  /** ptp4l's socket on the sending host; undefined: the run's own ptp4l, else the default. */
  readonly unixDomainSocket: string | undefined
  readonly numReadings: number
  readonly quiet: boolean
  /** Ports that isochron orchestrate tells a sender, which makes nothing of them; undefined: not told. */
  readonly statsPort: number | undefined
  readonly dataPort: number | undefined
}

/** For frames that are still on the way when the last one was due. */
const usualGrace = 100_000_000n

export const defaultUnixDomainSocket = '/var/run/ptp4l'

/** Reads a flow's options, keyed by isochron's long names; what was left out gets isochron's own default. */
export function isochronTest(options: ToolOptions): IsochronTest {
  const read = reader(options)
  const cycleTime = read.duration('cycle-time', 0n)
  const windowSize = read.duration('window-size', 0n)
  const advanceTime = read.duration('advance-time', 0n)
  return {
    cycleTime,
    frameSize: read.number('frame-size', 0),
    numFrames: read.integer('num-frames') ?? 0n,
    duration: read.duration('duration', 0n),
    grace: read.duration('grace', usualGrace),
    baseTime: tai(read.integer('base-time') ?? 0n),
    shiftTime: read.duration('shift-time', 0n),
    // isochron-send(8): an advance time of 0 means "as early as the window allows".
    advanceTime: advanceTime === 0n ? ns(cycleTime - windowSize) : advanceTime,
    windowSize,
    etype: read.number('etype', 0xdead),
    vid: read.optionalNumber('vid'),
    priority: read.number('priority', 0),
    sourceMac: read.text('smac'),
    destinationMac: read.text('dmac'),
    syncThreshold: options['sync-threshold'] === undefined ? undefined : read.duration('sync-threshold', 0n),
    omitSync: read.flag('omit-sync'),
    omitRemoteSync: read.flag('omit-remote-sync'),
    timestamps: !read.flag('no-ts'),
    taprio: read.flag('taprio'),
    txtime: read.flag('txtime'),
    deadline: read.flag('deadline'),
    cpuMask: read.integer('cpu-mask') ?? 0n,
    scheduling: read.flag('sched-fifo') ? 'fifo' : read.flag('sched-rr') ? 'rr' : undefined,
    schedPriority: read.number('sched-priority', 0),
    utcTaiOffset: read.optionalNumber('utc-tai-offset'),
    domainNumber: read.number('domain-number', 0),
    transportSpecific: read.number('transport-specific', 0),
    unixDomainSocket: read.text('unix-domain-socket'),
    numReadings: read.number('num-readings', 5),
    quiet: read.flag('quiet'),
    statsPort: read.optionalNumber('stats-port'),
    dataPort: read.optionalNumber('data-port'),
  }
}

/** When the last frame is due, counted from the operational base time. */
export const trafficLasts = ({ numFrames, cycleTime, duration }: IsochronTest): Nanoseconds =>
  numFrames === 0n ? duration : ns((numFrames - 1n) * cycleTime)

/** Whether it is sent until it is stopped, and no log kept of it. */
export const isEndless = ({ numFrames }: Pick<IsochronTest, 'numFrames'>): boolean => numFrames === 0n

/** How many frames are due until the end. */
export const framesDue = ({ numFrames, duration, cycleTime }: IsochronTest): bigint =>
  numFrames === 0n && cycleTime > 0n ? (duration + cycleTime - 1n) / cycleTime : numFrames

/** Typed access to options that the playbook has checked already; a value of another type is a bug of ours. */
function reader(options: ToolOptions) {
  const integer = (name: string): bigint | undefined => expectType(name, options[name], 'bigint')
  const optionalNumber = (name: string): number | undefined => {
    const value = integer(name)
    return value === undefined || value < 0n ? undefined : Number(value)
  }
  return {
    integer,
    optionalNumber,
    number: (name: string, otherwise: number) => Number(integer(name) ?? otherwise),
    duration: (name: string, otherwise: bigint) => ns(integer(name) ?? otherwise),
    flag: (name: string) => expectType(name, options[name], 'boolean') ?? false,
    text: (name: string) => expectType(name, options[name], 'string'),
  }
}

interface TypeNames {
  readonly bigint: bigint
  readonly boolean: boolean
  readonly string: string
}

function expectType<Name extends keyof TypeNames>(
  name: string,
  value: ToolOption | undefined,
  type: Name,
): TypeNames[Name] | undefined {
  if (value === undefined) return undefined
  const came: string = typeof value
  if (came === type) return value as TypeNames[Name]
  throw new TypeError(`isochron's ${name} should have come as ${type}, got ${came}`)
}
