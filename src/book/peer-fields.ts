import { type Reason, type ReasonCode, reasons } from './reasons.ts'

/** Whether a stranger's value is what a field takes. */
export type Field<T> = (value: unknown) => value is T

export type Fields = Readonly<Record<string, Field<unknown>>>
export type FieldValue<F> = F extends Field<infer T> ? T : never
export type Values<F extends Fields> = { readonly [K in keyof F]: FieldValue<F[K]> }

/** The values of exactly these fields, and nothing besides them. */
export function readFields<F extends Fields>(
  fields: F,
  given: Readonly<Record<string, unknown>>,
): Values<F> | undefined {
  const names = Object.keys(fields)
  if (Object.keys(given).some(name => !Object.hasOwn(fields, name))) return undefined
  return names.every(name => fields[name]?.(given[name]) === true) ? (given as Values<F>) : undefined
}

const matching =
  (pattern: RegExp): Field<string> =>
  (value): value is string =>
    typeof value === 'string' && pattern.test(value)

/** A reservation, a group or an endpoint. */
export const id = matching(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/)
/** SHA-256 or as many random octets, in hex. */
export const octets32 = matching(/^[0-9a-f]{64}$/)
/** One component of a path, as results are named. */
export const fileName = matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/)
export const base64 = matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/)
export const flag = (value: unknown): value is boolean => typeof value === 'boolean'
export const count = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
export const object = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const wordOf =
  <W extends string>(...words: readonly W[]): Field<W> =>
  (value): value is W =>
    words.some(word => word === value)

export const listOf =
  <T>(field: Field<T>, most: number): Field<readonly T[]> =>
  (value): value is readonly T[] =>
    Array.isArray(value) && value.length <= most && value.every(field)

export const record =
  <F extends Fields>(fields: F): Field<Values<F>> =>
  (value): value is Values<F> =>
    object(value) && readFields(fields, value) !== undefined

/** A code of ours with few and short facts: it is shown to people and written to logs. */
export const aReason = (value: unknown): value is Reason => {
  if (!object(value) || !isCode(value['code']) || !object(value['data'])) return false
  const facts = Object.values(value['data'])
  return Object.keys(value).length === 2 && facts.length <= 16 && facts.every(isShort)
}

const isCode = (value: unknown): value is ReasonCode => typeof value === 'string' && Object.hasOwn(reasons, value)

const isShort = (value: unknown) =>
  (typeof value === 'string' && value.length <= 300) || typeof value === 'number' || typeof value === 'boolean'
