import { type Nanoseconds, ns } from '../units/quantity.ts'
import type { SyncReading } from './reading.ts'

/** What chronyc(1) is asked: one line of values with commas between them, no names looked up. */
export const chronyQuestion = ['chronyc', '-c', '-n', 'tracking'] as const

type ChronyReading = Pick<SyncReading, 'systemOffset' | 'uncertainty' | 'ntpSource' | 'failures'>

const fields = {
  source: 1,
  stratum: 2,
  /** s, by how much the system clock is behind NTP's time: positive is what chronyc calls slow. */
  systemTime: 4,
  /** s, the path to the root and back. */
  rootDelay: 10,
  /** s, with what it has grown since the last update. */
  rootDispersion: 11,
  leap: 13,
} as const
const count = 14

/** Reads the line of `chronyc -c tracking`; the system clock is off by `systemOffset` ± `uncertainty` (RFC 5905, section 10). */
export function readTracking(output: string): ChronyReading {
  const values = output
    .split('\n')
    .map(line => line.split(','))
    .find(line => line.length === count)
  if (values === undefined) return { failures: [`chronyd does not answer${lastWords(output)}`] }
  const { systemTime, rootDelay, rootDispersion, leap, source, stratum } = fields
  if (values[leap] === 'Not synchronised') return { failures: ['chronyd is not synchronised to any source'] }
  const [behind, delay, dispersion] = [systemTime, rootDelay, rootDispersion].map(field => seconds(values[field]))
  if (behind === undefined || delay === undefined || dispersion === undefined)
    return { failures: [`the answer of chronyd cannot be read: ${values.join(',')}`] }
  const name = values[source] === '' ? 'its own clock' : values[source]
  return {
    systemOffset: ns(-behind),
    uncertainty: ns(delay / 2n + dispersion),
    ntpSource: `${name}, stratum ${values[stratum]}`,
  }
}

const lastWords = (output: string): string => {
  const line = output.trim().split('\n').at(-1) ?? ''
  return line === '' || /^[01]$/.test(line) ? '' : `: ${line}`
}

/** `-0.000002422` to the nanosecond, as chronyc prints it. */
function seconds(text = ''): Nanoseconds | undefined {
  const [, sign, whole = '', fraction = ''] = /^([+-]?)(\d+)(?:\.(\d{1,9}))?$/.exec(text) ?? []
  if (sign === undefined) return undefined
  const size = BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))
  return ns(sign === '-' ? -size : size)
}
