import type { ToolOptions } from '../playbook/play.ts'
import { one, spread, type ToolFigure } from '../stats/tool-figure.ts'
import { durationOf, isSet, numberOf } from './traffic-options.ts'
import { endingOf, faulty, lastWords, type Output, type Outputs, type Reading, reading } from './traffic-tool.ts'

/**
 * The figures in the enhanced reports of both ends. iperf exits with 0 whatever became of the test: what it complains of on
 * stderr, and a report that is missing or too short, are the only signs.
 */
export function readIperf(
  { sender, receiver: served, isShared = false, isHalf = false }: Outputs,
  options: ToolOptions,
): Reading {
  const receiver = served && isShared ? partOf(served, sender.stdout) : served
  const complaint = complaintOf(sender)
  if (complaint !== undefined) return faulty(undefined, `iperf ${endingOf(sender)} and says: ${complaint}`)
  const streams = numberOf(options, 'parallel', 1)
  const isReverse = isSet(options, 'reverse')
  const client = totalsOf(sender.stdout, streams)
  const server = receiver === undefined ? undefined : totalsOf(receiver.stdout, streams)
  const [sent, received] = isReverse ? [server, client] : [client, server]
  const version = receiver === undefined ? undefined : /\(peer (\d[\w.]*)\)/.exec(receiver.stdout)?.[1]
  if (client === undefined) return faulty(version, `iperf ${endingOf(sender)} without its report: ${lastWords(sender)}`)
  const short = shortFault(client, options)
  if (short !== undefined) return faulty(version, short)
  if (isHalf) return reading(version, {})
  if (server === undefined) return faulty(version, `the receiving iperf has no whole report: ${wordsOfEnd(receiver)}`)
  return reading(version, {
    sent: one('rate', sent?.rate ?? 0),
    received: one('rate', received?.rate ?? 0),
    ...(isSet(options, 'udp')
      ? udpFigures(received?.line ?? '', streams)
      : { retransmits: retransmits(sent?.line ?? '') }),
  })
}

const connection = /^\[ *(\d+)\] local ([^\s%]+)\S* port (\d+) connected with ([^\s%]+)\S* port (\d+)/gm

/** The lines of one sender in the output of a receiver that served several: the connection that comes from its port. */
function partOf(receiver: Output, sent: string): Output {
  const own = new Set([...sent.matchAll(connection)].map(([, , address, port]) => `${address} ${port}`))
  const ids = [...receiver.stdout.matchAll(connection)].flatMap(([, id = '', , , address, port]) =>
    own.has(`${address} ${port}`) ? [id] : [],
  )
  const isOwn = (line: string) => ids.includes(/^\[ *\*?(\d+)\]/.exec(line)?.[1] ?? '')
  return {
    ...receiver,
    stdout: receiver.stdout
      .split(/(?<=\n)/)
      .filter(isOwn)
      .join(''),
  }
}

const wordsOfEnd = (output: Output | undefined) => (output === undefined ? 'its output was lost' : lastWords(output))

/** "failed", "WARNING", "error": the rest of stderr is chat. */
function complaintOf({ stderr, code }: Output): string | undefined {
  const line = stderr.split('\n').find(each => /failed|warning|error|invalid|unrecogni[sz]ed|refused/i.test(each))
  return line?.trim() ?? (code === 0 ? undefined : 'nothing')
}

interface Totals {
  /** bit/s */
  readonly rate: number
  readonly seconds: number
  /** What follows behind the rate. */
  readonly line: string
}

const report = /^\[(SUM| *\*?\d+)\] +([\d.]+)-([\d.]+) sec +(\d+) Bytes +(\d+) bits\/sec(.*)\n/gm

/**
 * One line per stream, and one of their sum when there are several. A report of the receiver inside the client's output
 * is not the client's own.
 */
function totalsOf(stdout: string, streams: number): Totals | undefined {
  const own = stdout.replace(/^\[ *\d+\] Server Report:\n.*\n.*\n/gm, '')
  const lines = [...own.matchAll(report)].map(([, id = '', from, to, , rate, line = '']) => ({
    id: id.trim(),
    seconds: Number(to) - Number(from),
    rate: Number(rate),
    line,
  }))
  const single = lines.filter(({ id }) => id !== 'SUM')
  if (single.length !== streams) return undefined
  return streams === 1 ? single[0] : lines.find(({ id }) => id === 'SUM')
}

function shortFault({ seconds }: Totals, options: ToolOptions): string | undefined {
  if (isSet(options, 'num')) return undefined
  const asked = Number(durationOf(options, 'time', 10_000_000_000n)) / 1e9
  if (Math.abs(seconds - asked) <= Math.max(1, asked / 10)) return undefined
  return `iperf measured over ${seconds} s, but was told ${asked} s`
}

/** `Write/Err  Rtry`: `6423/0  96`. */
function retransmits(line: string): ToolFigure | undefined {
  const [, count] = /^ +\d+\/\d+ +(\d+)/.exec(line) ?? []
  return count === undefined ? undefined : one('count', Number(count))
}

/** `0.003 ms 0/449 (0%) 0.011/0.005/0.405/0.020 ms 448 pps`: jitter, lost of all, latency as avg/min/max/stdev. */
function udpFigures(line: string, streams: number): Record<string, ToolFigure | undefined> {
  const [found, jitter, lost, packets, percent] = /([\d.]+) ms +(\d+)\/(\d+) \(([\d.e+-]+)%\)/.exec(line) ?? []
  if (found === undefined) return {}
  const latency = /\) +(-?[\d.]+)\/(-?[\d.]+)\/(-?[\d.]+)\/(-?[\d.]+) ms/
    .exec(line)
    ?.slice(1)
    .map(text => Number(text) * 1e6)
  const [mean = 0, min = 0, max = 0, stddev = 0] = latency ?? []
  return {
    lost: one('count', Number(lost)),
    packets: one('count', Number(packets)),
    'lost-percent': one('ratio', Number(percent)),
    // The sum of streams has neither.
    jitter: streams > 1 ? undefined : one('time', Math.round(Number(jitter) * 1e6)),
    latency:
      latency === undefined || streams > 1 ? undefined : spread('time', new Float64Array(), { mean, min, max, stddev }),
  }
}
