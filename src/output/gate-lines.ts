import type { HostRound } from '../runner/events.ts'
import { abs, type Nanoseconds } from '../units/quantity.ts'
import { clean, formatOffset, formatSpan } from './format.ts'
import { type Line, type Span, span, table } from './line.ts'
import type { View } from './view.ts'
import { badHosts, limitsInWords } from './wording.ts'

/** Beside the name of the gate: `12.3s of 2m00s  good 1 of 3  limit 100ns`. */
export function gateHead(view: View, nowMs: number): string {
  if (view.gate === undefined) return ''
  const { sinceMs, last } = view.gate
  const elapsed = formatSpan(nowMs - sinceMs)
  if (last === undefined) return elapsed
  const deadline = last.timeoutMs === undefined ? '' : ` of ${formatSpan(last.timeoutMs)}`
  return `${elapsed}${deadline}  good ${last.good} of ${last.needed}  limit ${limitsInWords(last)}`
}

/** One row per host, as many as fit: bad hosts first when not all do, and a line that counts the rest. */
export function gateLines(view: View, rows: number): Line[] {
  const last = view.gate?.last
  if (last === undefined || rows < 1) return []
  const { hosts } = last
  const all = hosts.length <= rows
  const shown = all ? hosts : worstFirst(hosts).slice(0, rows - 1)
  const lines =
    shown.length === 0
      ? []
      : table(
          shown.map(host => cells(host, last.limits?.[host.reading.host] ?? last.limit)),
          ['left', 'right', 'right'],
        )
  if (all) return lines
  const hidden = badHosts(hosts).length - badHosts(shown).length
  return [...lines, [span(`${hosts.length - shown.length} more, ${hidden} of them not in step`, 'dim')]]
}

const worstFirst = (hosts: readonly HostRound[]) => [
  ...badHosts(hosts),
  ...hosts.filter(({ reasons }) => reasons.length === 0),
]

function cells({ reading, reasons }: HostRound, limit: Nanoseconds): Span[] {
  const port = reading.link === 'down' ? span('link down', 'red') : whoKeeps(reading)
  return [
    span(clean(reading.host), reasons.length === 0 ? 'green' : 'red'),
    followsNtp(reading) ? span('') : offsetSpan('PHC', reading.phcOffset, limit),
    offsetSpan('sys', reading.systemOffset, limit),
    port,
    span(clean(reasons[0] ?? ''), 'dim'),
  ]
}

const followsNtp = ({ ntpSource, source }: HostRound['reading']) => source === 'chrony' || ntpSource !== undefined

const whoKeeps = (reading: HostRound['reading']) => {
  if (reading.source === 'chrony') return span('chrony')
  return reading.ntpSource === undefined ? portSpan(reading.portState) : span(clean(reading.ntpSource))
}

const settled: readonly (string | undefined)[] = ['MASTER', 'SLAVE', 'GRAND_MASTER']
const portSpan = (state: string | undefined) => span(state ?? 'no port', settled.includes(state) ? undefined : 'red')

const offsetSpan = (clock: string, offset: Nanoseconds | undefined, limit: Nanoseconds) =>
  offset === undefined
    ? span(`${clock} ?`, 'red')
    : span(`${clock} ${formatOffset(offset)}`, abs(offset) <= limit ? 'green' : 'red')
