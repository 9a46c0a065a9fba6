declare const unit: unique symbol
export type Quantity<T, Unit extends string> = T & { readonly [unit]: Unit }

/** A length of time in nanoseconds. Signed: an offset may be negative. */
export type Nanoseconds = Quantity<bigint, 'ns'>
/** A point in time: nanoseconds since 1970-01-01 00:00:00 TAI. Not UTC: TAI has no leap seconds. */
export type TaiInstant = Quantity<bigint, 'ns since the TAI epoch'>

/** A point in time: nanoseconds since 1970-01-01 00:00:00 UTC as CLOCK_REALTIME counts them, leap seconds left out. */
export type UtcInstant = Quantity<bigint, 'ns since the UTC epoch'>

/** An amount of data in octets. */
export type Octets = Quantity<bigint, 'octets'>
/** How fast data flows, in bits per second. */
export type BitsPerSecond = Quantity<bigint, 'bit/s'>

export const octets = (value: bigint) => value as Octets
export const bitsPerSecond = (value: bigint) => value as BitsPerSecond
export const ns = (value: bigint) => value as Nanoseconds
export const tai = (value: bigint) => value as TaiInstant
export const utc = (value: bigint) => value as UtcInstant

/** A length of time given in whole milliseconds. */
export const ms = (value: number | bigint) => ns(BigInt(value) * 1_000_000n)
export const later = (from: TaiInstant, by: Nanoseconds) => tai(from + by)
/** How far `to` lies after `from`; negative when it lies before. */
export const between = (from: TaiInstant, to: TaiInstant) => ns(to - from)
export const abs = (length: Nanoseconds) => (length < 0n ? ns(-length) : length)
/** For timers and displays only: whole milliseconds, rounded up. */
export const toMs = (length: Nanoseconds) => Number((length + 999_999n) / 1_000_000n)
