import type { ToolOptions } from '../playbook/play.ts'
import { one, spread, type ToolFigure } from '../stats/tool-figure.ts'
import { type Member, memberOf, numberAt, parseWhole } from './json-member.ts'
import { durationOf, isSet } from './traffic-options.ts'
import { endingOf, faulty, lastWords, type Outputs, type Reading, reading } from './traffic-tool.ts'

/**
 * The figures in the JSON of the client. iperf3 exits with 0 when it writes JSON, whatever became of the test, and fills
 * `end` with numbers that mean nothing when it was cut short: the member `error` decides.
 */
export function readIperf3({ sender, receiver }: Outputs, options: ToolOptions): Reading {
  const json = parseWhole(sender.stdout)
  if (json === undefined)
    return faulty(undefined, `iperf3 ${endingOf(sender)} without whole JSON: ${lastWords(sender)}`)
  const version = versionOf(json)
  const fault = faultOf(json, sender.code) ?? serverFault(receiver?.stdout) ?? lengthFault(json, options)
  if (fault !== undefined) return faulty(version, fault)
  const figures = figuresOf(json, options)
  return figures['sent'] === undefined || figures['received'] === undefined
    ? faulty(version, 'the JSON of iperf3 holds no sum_sent or sum_received')
    : reading(version, figures)
}

function versionOf(json: Member): string | undefined {
  const text = memberOf(json, 'start', 'version')
  return typeof text === 'string' ? /^iperf (\S+)/.exec(text)?.[1] : undefined
}

function faultOf(json: Member, code: number | undefined): string | undefined {
  const error = memberOf(json, 'error')
  if (error !== undefined) return `iperf3 says: ${String(error)}`
  return code === 0 ? undefined : `iperf3 ${endingOf({ code, stdout: '', stderr: '' })}`
}

/** The server's own JSON is looked at only for what it complains of. */
function serverFault(stdout: string | undefined): string | undefined {
  const error = stdout === undefined ? undefined : memberOf(parseWhole(stdout), 'error')
  return error === undefined ? undefined : `the receiving iperf3 says: ${String(error)}`
}

/** A test that did not last as long as it was told has measured something else. */
function lengthFault(json: Member, options: ToolOptions): string | undefined {
  if (isSet(options, 'bytes') || isSet(options, 'blockcount')) return undefined
  const asked = Number(durationOf(options, 'time', 10_000_000_000n)) / 1e9
  const seconds = numberAt(json, 'end', 'sum_sent', 'seconds')
  if (seconds === undefined || Math.abs(seconds - asked) <= Math.max(1, asked / 10)) return undefined
  return `iperf3 measured over ${seconds} s, but was told ${asked} s`
}

function figuresOf(json: Member, options: ToolOptions): Record<string, ToolFigure | undefined> {
  const udp = isSet(options, 'udp')
  const bidir = isSet(options, 'bidir')
  return {
    ...direction(json, udp, ''),
    ...(bidir ? direction(json, udp, '-reverse') : {}),
    ...(udp || isSet(options, 'reverse') ? {} : { rtt: rttOf(json) }),
    interval: intervalsOf(json),
    'cpu-sender': percent(json, 'host_total'),
    'cpu-receiver': percent(json, 'remote_total'),
  }
}

function direction(json: Member, udp: boolean, suffix: '' | '-reverse'): Record<string, ToolFigure | undefined> {
  const way = suffix === '' ? '' : '_bidir_reverse'
  const of = (sum: string, name: string) => numberAt(json, 'end', `${sum}${way}`, name)
  const rate = (value: number | undefined) => (value === undefined ? undefined : one('rate', value))
  const count = (value: number | undefined) => (value === undefined ? undefined : one('count', value))
  const jitter = of('sum_received', 'jitter_ms') ?? of('sum', 'jitter_ms')
  const share = of('sum_received', 'lost_percent') ?? of('sum', 'lost_percent')
  const transport = udp
    ? {
        [`jitter${suffix}`]: jitter === undefined ? undefined : one('time', jitter * 1e6),
        [`lost${suffix}`]: count(of('sum_received', 'lost_packets') ?? of('sum', 'lost_packets')),
        [`lost-percent${suffix}`]: share === undefined ? undefined : one('ratio', share),
        [`packets${suffix}`]: count(of('sum_received', 'packets') ?? of('sum', 'packets')),
        [`out-of-order${suffix}`]: count(outOfOrder(json, suffix === '')),
      }
    : { [`retransmits${suffix}`]: count(of('sum_sent', 'retransmits')) }
  return {
    [`sent${suffix}`]: rate(of('sum_sent', 'bits_per_second')),
    [`received${suffix}`]: rate(of('sum_received', 'bits_per_second')),
    ...transport,
  }
}

/** Only the streams have it. `sender` says which way one goes when there are two. */
function outOfOrder(json: Member, forward: boolean): number | undefined {
  const bidir = memberOf(json, 'end', 'sum_sent_bidir_reverse') !== undefined
  const streams = listAt(json, 'end', 'streams').map(stream => memberOf(stream, 'udp'))
  const counts = streams
    .filter(udp => !bidir || memberOf(udp, 'sender') === forward)
    .map(udp => numberAt(udp, 'out_of_order'))
  return counts.length === 0 || counts.includes(undefined)
    ? undefined
    : counts.reduce<number>((a, b) => a + (b ?? 0), 0)
}

/** Microseconds in the JSON. The least, the mean and the most are the tool's own, the rest comes from its intervals. */
function rttOf(json: Member): ToolFigure | undefined {
  const streams = listAt(json, 'end', 'streams')
    .map(stream => memberOf(stream, 'sender'))
    .filter(stream => memberOf(stream, 'sender') === true)
  const all = (name: string) => streams.flatMap(stream => numberAt(stream, name) ?? []).map(us => us * 1000)
  const [min, mean, max] = [all('min_rtt'), all('mean_rtt'), all('max_rtt')]
  if (min.length === 0 || Math.max(...max) === 0) return undefined
  const samples = listAt(json, 'intervals')
    .flatMap(interval => listAt(interval, 'streams'))
    .filter(stream => memberOf(stream, 'omitted') === false && memberOf(stream, 'sender') === true)
    .flatMap(stream => numberAt(stream, 'rtt') ?? [])
  const said = { min: Math.min(...min), mean: mean.reduce((a, b) => a + b, 0) / mean.length, max: Math.max(...max) }
  return spread(
    'time',
    Float64Array.from(samples, us => us * 1000),
    said,
  )
}

const intervalsOf = (json: Member): ToolFigure | undefined =>
  spread(
    'rate',
    Float64Array.from(
      listAt(json, 'intervals')
        .map(interval => memberOf(interval, 'sum'))
        .filter(sum => memberOf(sum, 'omitted') === false)
        .flatMap(sum => numberAt(sum, 'bits_per_second') ?? []),
    ),
  )

function percent(json: Member, name: string): ToolFigure | undefined {
  const value = numberAt(json, 'end', 'cpu_utilization_percent', name)
  return value === undefined ? undefined : one('ratio', value)
}

function listAt(json: Member, ...path: readonly string[]): readonly Member[] {
  const list = memberOf(json, ...path)
  return Array.isArray(list) ? list : []
}
