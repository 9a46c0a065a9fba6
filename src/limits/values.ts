import { isTimeZone, parseSpan } from '../book/hours.ts'
import type { LimitName, LimitValues } from '../book/limits.ts'
import { child, itemsOf, type SourceNode, textOf } from '../source/node.ts'
import { parseDuration } from '../units/duration.ts'
import { type Micros, micros } from '../units/micros.ts'
import { type Net, parseNet } from '../units/net.ts'
import { parseRate } from '../units/rate.ts'

/** Reads a value that the schema has let through. Undefined when it cannot be used all the same. */
type Read<V> = (node: SourceNode, limits: SourceNode) => V | undefined

/** How the value of each limit is written. */
export const limitReaders: { readonly [N in LimitName]: Read<LimitValues[N]> } = {
  kinds: names,
  profiles: names,
  roles: names,
  protocols: names,
  interfaces: names,
  peers: node => allOf(itemsOf(node).map(netIn)),
  duration: durationIn,
  bandwidth: node => numberOf(parseRate(textOf(node) ?? '')),
  rate_pps: countIn,
  streams: countIn,
  packet_size: countIn,
  horizon: durationIn,
  clock_error: durationIn,
  hours: hoursIn,
  unsynced: isTrue,
  single_ended: isTrue,
  block: isTrue,
  on_disconnect_continue: isTrue,
  held: countIn,
  pending: countIn,
  active: countIn,
  runs: node => per(node, text => Number(text)),
  busy: node => per(node, parseMicros),
  cool_down: durationIn,
}

export function durationIn(node: SourceNode | undefined): Micros | undefined {
  return parseMicros(textOf(node) ?? '')
}

export function netIn(node: SourceNode | undefined): Net | undefined {
  return parseNet(textOf(node) ?? '')
}

export function countIn(node: SourceNode | undefined): number | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'bigint' ? Number(node.value) : undefined
}

export function isTrue(node: SourceNode | undefined): boolean {
  return node?.kind === 'scalar' && node.value === true
}

export function names(node: SourceNode | undefined): readonly string[] {
  return itemsOf(node).flatMap(item => textOf(item) ?? [])
}

function hoursIn(node: SourceNode, limits: SourceNode): LimitValues['hours'] | undefined {
  const texts = node.kind === 'list' ? names(node) : [textOf(node) ?? '']
  const spans = allOf(texts.map(parseSpan))
  const tz = textOf(child(limits, 'tz')) ?? 'UTC'
  return spans === undefined || !isTimeZone(tz) ? undefined : { spans, tz }
}

/** `20/1h`: so much per period. */
function per<M extends number>(
  node: SourceNode,
  read: (text: string) => M | undefined,
): { most: M; period: Micros } | undefined {
  const [amount = '', time = ''] = (textOf(node) ?? '').split('/')
  const [most, period] = [read(amount.trim()), parseMicros(time)]
  return most === undefined || period === undefined || period === 0 ? undefined : { most, period }
}

/** Whole microseconds, exactly. */
function parseMicros(text: string): Micros | undefined {
  const ns = parseDuration(text)
  return ns === undefined || ns < 0n || ns % 1_000n !== 0n ? undefined : micros(Number(ns / 1_000n))
}

const numberOf = (value: bigint | undefined) => (value === undefined ? undefined : Number(value))

const allOf = <T>(values: readonly (T | undefined)[]): readonly T[] | undefined =>
  values.every(value => value !== undefined) ? values : undefined
