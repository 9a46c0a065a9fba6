import { LockstepError } from '../errors/error.ts'
import { type Nanoseconds, ns, type TaiInstant, tai, type UtcInstant, utc } from '../units/quantity.ts'

/** A piece of a payload. Big endian throughout; signed numbers in two's complement. */
export interface Field<T> {
  /** Octets on the wire; undefined: all that is left, so such a field stands alone. */
  readonly size: number | undefined
  /** Given exactly its own octets. */
  read(bytes: Buffer): T
  /** Gives exactly its own octets; refuses what does not fit with WIRE_VALUE. */
  write(value: T): Buffer
}

export interface FixedField<T> extends Field<T> {
  readonly size: number
}

export const u8 = unsigned(1)
export const u16 = unsigned(2)
export const u32 = unsigned(4)
export const u64: FixedField<bigint> = wide(false, value => value)
/** Signed, 16 bits: the original reads the UTC offset unsigned, which differs only below zero. */
export const i16: FixedField<number> = {
  size: 2,
  read: bytes => bytes.readInt16BE(),
  write: value => {
    if (!Number.isInteger(value) || value < -0x8000 || value > 0x7fff) throw misfit(value, '-32768 to 32767')
    return filled(2, bytes => bytes.writeInt16BE(value))
  },
}

export const nanoseconds: FixedField<Nanoseconds> = wide(true, ns)
export const taiInstant: FixedField<TaiInstant> = wide(true, tai)
export const utcInstant: FixedField<UtcInstant> = wide(false, utc)

/** One octet, 0 or 1 and nothing else: the receiver leaks a socket when told 2. */
export const flag = oneOf([false, true])

/** A number that stands for the value at its place in `values`. */
export function oneOf<const T>(values: readonly T[], code: FixedField<number> = u8): FixedField<T> {
  return {
    size: code.size,
    read: bytes => {
      const index = code.read(bytes)
      if (index >= values.length)
        throw new LockstepError('WIRE_PAYLOAD', `expected a code from 0 to ${values.length - 1}, got ${index}`)
      return values[index] as T // the bound is checked above; noUncheckedIndexedAccess cannot see that
    },
    write: value => {
      const index = values.indexOf(value)
      if (index === -1) throw misfit(value, values.join(' or '))
      return code.write(index)
    },
  }
}

/** A field in a wider place: the octets behind it are sent as 0 and not looked at. */
export function padded<T>(field: FixedField<T>, size: number): FixedField<T> {
  return {
    size,
    read: bytes => field.read(bytes.subarray(0, field.size)),
    write: value => Buffer.concat([field.write(value)], size),
  }
}

/** Text of at most `size - 1` octets, padded with NUL: the daemon wants one NUL among them. */
export function text(size: number): FixedField<string> {
  return {
    size,
    read: bytes => {
      const end = bytes.indexOf(0)
      if (end === -1) throw new LockstepError('WIRE_PAYLOAD', `expected a NUL among the ${size} octets of a text`)
      return bytes.toString('utf8', 0, end)
    },
    write: value => {
      const octets = Buffer.from(value)
      if (octets.length >= size || octets.includes(0)) throw misfit(value, `at most ${size - 1} octets without NUL`)
      return Buffer.concat([octets], size)
    },
  }
}

/** An Ethernet address, `01:02:03:04:05:06`. */
export const macAddress: FixedField<string> = {
  size: 6,
  read: bytes => [...bytes].map(octet => octet.toString(16).padStart(2, '0')).join(':'),
  write: value => {
    if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(value)) throw misfit(value, 'six octets in hex, two digits each')
    return Buffer.from(value.replaceAll(':', ''), 'hex')
  },
}

/** An EUI-64 in ptp4l's spelling, `001122.fffe.334455`. */
export const clockIdentity: FixedField<string> = {
  size: 8,
  read: bytes => bytes.toString('hex').replace(/^(.{6})(.{4})/, '$1.$2.'),
  write: value => {
    if (!/^[0-9a-f]{6}\.[0-9a-f]{4}\.[0-9a-f]{6}$/i.test(value)) throw misfit(value, 'the form 001122.fffe.334455')
    return Buffer.from(value.replaceAll('.', ''), 'hex')
  },
}

/** Octets as they are. */
export function octets(size: number): FixedField<Uint8Array> {
  return {
    size,
    read: bytes => Uint8Array.from(bytes),
    write: value => {
      if (value.length !== size) throw misfit(`${value.length} octets`, `${size} octets`)
      return Buffer.from(value)
    },
  }
}

function unsigned(size: 1 | 2 | 4): FixedField<number> {
  const max = 2 ** (8 * size) - 1
  return {
    size,
    read: bytes => bytes.readUIntBE(0, size),
    write: value => {
      if (!Number.isInteger(value) || value < 0 || value > max) throw misfit(value, `0 to ${max}`)
      return filled(size, bytes => bytes.writeUIntBE(value, 0, size))
    },
  }
}

function wide<T extends bigint>(signed: boolean, withUnit: (value: bigint) => T): FixedField<T> {
  const [min, max] = signed ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n]
  return {
    size: 8,
    read: bytes => withUnit(signed ? bytes.readBigInt64BE() : bytes.readBigUInt64BE()),
    write: value => {
      if (value < min || value > max) throw misfit(value, `${min} to ${max}`)
      return filled(8, bytes => (signed ? bytes.writeBigInt64BE(value) : bytes.writeBigUInt64BE(value)))
    },
  }
}

function filled(size: number, fill: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(size)
  fill(bytes)
  return bytes
}

const misfit = (value: unknown, expected: string) =>
  new LockstepError('WIRE_VALUE', `expected ${expected}, got ${String(value)}`)
