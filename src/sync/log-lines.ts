import { type Nanoseconds, ns } from '../units/quantity.ts'
import { type PortState, portStates } from './reading.ts'
import type { Requirement } from './requirement.ts'

/** What one line of ptp4l(8) or phc2sys(8) says of a clock. */
export type ClockLine =
  | {
      readonly kind: 'offset'
      readonly clock: 'phc' | 'system'
      readonly offset: Nanoseconds
      readonly servo: Servo | undefined
      /** By how much the servo makes the clock run faster, ppb; ptp4l's only. */
      readonly frequency?: number
      /** ptp4l's only. */
      readonly pathDelay?: Nanoseconds
    }
  | { readonly kind: 'port state'; readonly from: PortState; readonly to: PortState; readonly event: string }

/** Servo states as printed: s0 unlocked, s1 jump, s2 locked, s3 locked_stable. */
export type Servo = 'unlocked' | 'jump' | 'locked' | 'locked_stable'
const servos: readonly Servo[] = ['unlocked', 'jump', 'locked', 'locked_stable']

const known = new Set<string>(Object.values(portStates))
const isPortState = (name: string | undefined): name is PortState => name !== undefined && known.has(name)

/** Reads a line of ptp4l's or phc2sys's log; undefined for a line about something else. */
export function readClockLine(line: string): ClockLine | undefined {
  return ptp4lOffset(line) ?? phc2sysOffset(line) ?? summary(line) ?? portStateChange(line)
}

/** `ptp4l[5.1]: master offset -12 s2 freq +345 path delay 499`: offset of the PHC from the grandmaster. */
function ptp4lOffset(line: string): ClockLine | undefined {
  const match = /^ptp4l\S* (?:\S+ )*?master offset\s+(-?\d+) s([0-3]) (.*)$/.exec(line)
  if (match === null) return undefined
  const offset = ns(BigInt(match[1] ?? 0))
  return { kind: 'offset', clock: 'phc', offset, servo: servoOf(match[2]), ...steeringIn(match[3]) }
}

/** `freq +345 path delay 499`, or in a summary `freq +345 +/- 12 delay 499 +/- 1`. */
function steeringIn(rest = ''): { readonly frequency?: number; readonly pathDelay?: Nanoseconds } {
  const frequency = /freq\s+([+-]?\d+)/.exec(rest)?.[1]
  const pathDelay = /delay\s+(-?\d+)/.exec(rest)?.[1]
  return {
    ...(frequency === undefined ? {} : { frequency: Number(frequency) }),
    ...(pathDelay === undefined ? {} : { pathDelay: ns(BigInt(pathDelay)) }),
  }
}

/**
 * `phc2sys[5.1]: CLOCK_REALTIME phc offset 12 s2 freq -9 delay 500`: the system clock follows the PHC, offset is system minus PHC.
 * `phc2sys[5.1]: eth0 sys offset 12 s2 …`: the PHC follows the system clock, so the sign turns round.
 */
function phc2sysOffset(line: string): ClockLine | undefined {
  const match = /^phc2sys\S* (?:\S+ )*?(\S+) (?:phc|sys|rev) offset\s+(-?\d+) s([0-3]) /.exec(line)
  if (match === null) return undefined
  const offset = BigInt(match[2] ?? 0)
  return {
    kind: 'offset',
    clock: 'system',
    offset: ns(match[1] === 'CLOCK_REALTIME' ? offset : -offset),
    servo: servoOf(match[3]),
  }
}

/**
 * `ptp4l[5.1]: rms 8 max 15 freq +345 +/- 12 delay 499 +/- 1`, and phc2sys with the clock's name in front: where readings
 * come faster than lines, the largest offset since the last line, without its sign.
 */
function summary(line: string): ClockLine | undefined {
  const match = /^(ptp4l|phc2sys)\S* (?:\S+ )*?rms\s+\d+ max\s+(\d+) (freq .*)$/.exec(line)
  if (match === null) return undefined
  const offset = ns(BigInt(match[2] ?? 0))
  if (match[1] === 'phc2sys') return { kind: 'offset', clock: 'system', offset, servo: undefined }
  return { kind: 'offset', clock: 'phc', offset, servo: undefined, ...steeringIn(match[3]) }
}

/** `ptp4l[5.1]: port 1: SLAVE to UNCALIBRATED on SYNCHRONIZATION_FAULT`; newer ones add the interface: `port 1 (eth0):`. */
function portStateChange(line: string): ClockLine | undefined {
  const match = /^ptp4l\S* (?:\S+ )*?port [1-9]\d*(?: \([^)]*\))?: (\w+) to (\w+) on (\w+)/.exec(line)
  const [, from, to, event = ''] = match ?? []
  return isPortState(from) && isPortState(to) ? { kind: 'port state', from, to, event } : undefined
}

/** Which requirement a line tells of. */
export const toldBy = (line: ClockLine): Requirement =>
  line.kind === 'offset' && line.clock === 'system' ? 'phc2sys' : 'ptp'

const servoOf = (digit: string | undefined): Servo => servos[Number(digit)] ?? 'unlocked'

/** Why a line means that the clock is out of step, or undefined. A line is a hint to look again, not a verdict. */
export function clockLineTrouble(line: ClockLine, limit: Nanoseconds): string | undefined {
  if (line.kind === 'port state') {
    return line.to === 'SLAVE' || line.to === 'MASTER'
      ? undefined
      : `ptp4l went from ${line.from} to ${line.to} on ${line.event}`
  }
  const program = line.clock === 'phc' ? 'ptp4l' : 'phc2sys'
  if (line.servo === 'unlocked' || line.servo === 'jump')
    return `${program}'s servo is ${line.servo}, offset ${line.offset}ns`
  const size = line.offset < 0n ? -line.offset : line.offset
  return size > limit ? `${program} says offset ${line.offset}ns` : undefined
}
