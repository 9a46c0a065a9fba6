import { type Micros, type Moment, micros, moment } from '../units/micros.ts'

/** What a stranger's JSON is to be, as a value: reading gives what the type says, or the field that is wrong and why. */
export type Read<T> = (value: unknown, field: string) => { readonly value: T } | Misfit

export interface Misfit {
  /** Where in the message, as `spec.role`; empty: the message itself. */
  readonly field: string
  readonly why: string
}

export type TypeOf<R> = R extends Read<infer T> ? T : never
type Fields = Readonly<Record<string, Read<unknown>>>
type TypesOf<F extends Fields> = { readonly [K in keyof F]: TypeOf<F[K]> }

export const isMisfit = (read: object): read is Misfit => 'why' in read

/** A mapping with these keys and no others. */
export const mapping =
  <F extends Fields>(fields: F): Read<TypesOf<F>> =>
  (value, field) => {
    if (!isMapping(value)) return misfit(field, 'is no mapping')
    const unknown = Object.keys(value).find(key => !Object.hasOwn(fields, key))
    if (unknown !== undefined) return misfit(join(field, shown(unknown)), 'is not known')
    const found: Record<string, unknown> = {}
    for (const [key, read] of Object.entries(fields)) {
      const part = read(Object.hasOwn(value, key) ? value[key] : undefined, join(field, key))
      if (isMisfit(part)) return part
      found[key] = part.value
    }
    return { value: found as TypesOf<F> }
  }

/** Any names that fit, each with a value of one kind. */
export const record =
  <T>(names: RegExp, read: Read<T>, most: number): Read<Readonly<Record<string, T>>> =>
  (value, field) => {
    if (!isMapping(value)) return misfit(field, 'is no mapping')
    const entries = Object.entries(value)
    if (entries.length > most) return misfit(field, `has more than ${most} keys`)
    const found: [string, T][] = []
    for (const [key, each] of entries) {
      if (!names.test(key)) return misfit(join(field, shown(key)), 'is no name that fits')
      const part = read(each, join(field, key))
      if (isMisfit(part)) return part
      found.push([key, part.value])
    }
    return { value: Object.fromEntries(found) }
  }

export const list =
  <T>(read: Read<T>, most: number): Read<readonly T[]> =>
  (value, field) => {
    if (!Array.isArray(value)) return misfit(field, 'is no list')
    if (value.length > most) return misfit(field, `has more than ${most} items`)
    const found: T[] = []
    for (const [i, each] of value.entries()) {
      const part = read(each, join(field, String(i)))
      if (isMisfit(part)) return part
      found.push(part.value)
    }
    return { value: found }
  }

export const optional =
  <T>(read: Read<T>): Read<T | undefined> =>
  (value, field) =>
    value === undefined ? { value } : read(value, field)

/** The first that fits; else what is wrong with the last. */
export const either =
  <A, B>(first: Read<A>, second: Read<B>): Read<A | B> =>
  (value, field) => {
    const read = first(value, field)
    return isMisfit(read) ? second(value, field) : read
  }

export const text =
  (pattern: RegExp, what: string): Read<string> =>
  (value, field) =>
    typeof value === 'string' && pattern.test(value) ? { value } : misfit(field, `is no ${what}`)

export const word =
  <W extends string>(...words: readonly W[]): Read<W> =>
  (value, field) =>
    words.includes(value as W) ? { value: value as W } : misfit(field, `is none of ${words.join(', ')}`)

export const flag: Read<boolean> = (value, field) =>
  typeof value === 'boolean' ? { value } : misfit(field, 'is neither true nor false')

export const whole =
  (least: number, most: number): Read<number> =>
  (value, field) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? { value: value as number }
      : misfit(field, `is no whole number from ${least} to ${most}`)

/** Bounded by the length of the line alone. */
export const anything: Read<unknown> = value => ({ value: value ?? null })

const year = 366 * 86_400_000_000
/** A length of time that is no less than nothing: whole microseconds. */
export const length: Read<Micros> = (value, field) => asUnit(whole(0, year)(value, field), micros)
export const instant: Read<Moment> = (value, field) => asUnit(whole(0, Number.MAX_SAFE_INTEGER)(value, field), moment)

const asUnit = <T>(read: ReturnType<Read<number>>, unit: (value: number) => T): ReturnType<Read<T>> =>
  isMisfit(read) ? read : { value: unit(read.value) }

const misfit = (field: string, why: string): Misfit => ({ field, why })
const join = (field: string, key: string) => (field === '' ? key : `${field}.${key}`)
/** A stranger's name in an answer: short, on one line. */
const shown = (name: string) => JSON.stringify(name.slice(0, 40)).slice(1, -1)

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
