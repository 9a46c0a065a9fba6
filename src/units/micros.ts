import type { Quantity } from './quantity.ts'

/** A length of time in whole microseconds. */
export type Micros = Quantity<number, 'us'>

/**
 * A point in time: whole microseconds since 1970-01-01 00:00:00 UTC as CLOCK_REALTIME counts them. A number holds them exactly
 * until the year 2255.
 */
export type Moment = Quantity<number, 'us since the UTC epoch'>

/** A reading of a clock that nobody sets and that runs from boot, CLOCK_BOOTTIME or CLOCK_MONOTONIC: whole microseconds. */
export type Ticks = Quantity<number, 'us since boot'>

export const micros = (value: number) => value as Micros
export const moment = (value: number) => value as Moment
export const ticks = (value: number) => value as Ticks
export const millis = (value: number) => micros(value * 1_000)
export const seconds = (value: number) => micros(value * 1_000_000)

export const after = (at: Moment, by: Micros) => moment(at + by)
export const before = (at: Moment, by: Micros) => moment(at - by)
/** How far `to` lies after `from`; negative when it lies before. */
export const lengthOf = (from: Moment, to: Moment) => micros(to - from)
export const sum = (...lengths: readonly Micros[]) => micros(lengths.reduce<number>((total, each) => total + each, 0))
export const longest = (...lengths: readonly Micros[]) => micros(Math.max(0, ...lengths))
export const latest = (first: Moment, ...rest: readonly Moment[]) => moment(Math.max(first, ...rest))
export const earliest = (first: Moment, ...rest: readonly Moment[]) => moment(Math.min(first, ...rest))
