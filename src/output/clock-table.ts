import type { ClockRow, HostLook } from '../runner/watch/watch-clocks.ts'
import { clean, formatOffset } from './format.ts'
import { fit, type Line, type Span, span, table } from './line.ts'
import { sparkline } from './sparkline.ts'
import type { Symbols } from './symbols.ts'

/** Offsets of each clock at the last looks, ns, by `clockKey`. */
export type ClockHistory = ReadonlyMap<string, readonly (number | undefined)[]>

export const clockKey = (host: string, keeper: string) => `${host} ${keeper}`

/** What a look adds: the offset that tells most of each clock. */
export function remember(history: ClockHistory, looks: readonly HostLook[]): ClockHistory {
  const next = new Map(history)
  const seen = new Set<string>()
  for (const look of looks)
    for (const { keeper, reading } of 'rows' in look ? look.rows : []) {
      const key = clockKey(look.host, keeper)
      const offset = reading.phcOffset ?? reading.systemOffset
      seen.add(key)
      next.set(key, [...(next.get(key) ?? []), offset === undefined ? undefined : Number(offset)].slice(-kept))
    }
  for (const [key, values] of next) if (!seen.has(key)) next.set(key, [...values, undefined].slice(-kept))
  return next
}
const kept = 60
const trendWidth = 20

export interface TableOptions {
  readonly history: ClockHistory
  /** Why a clock is out, by `clockKey`; undefined: nobody asked how good it has to be. */
  readonly reasons: ReadonlyMap<string, readonly string[]> | undefined
  readonly columns: number
  readonly symbols: Symbols
}

const head = ['host', 'clock', 'port', 'offset', 'trend', 'path', 'freq', 'system', 'follows']

/** One row per clock, below them a line for each host that said nothing; never wider than the screen. */
export function clockTable(looks: readonly HostLook[], options: TableOptions): Line[] {
  const { columns, symbols } = options
  const rows = looks.flatMap(look => ('rows' in look ? look.rows.map(row => cells(look.host, row, options)) : []))
  const failed = looks.flatMap(look => ('error' in look ? [silentLine(look.host, look.error.message)] : []))
  const lines = table(
    [head.map(name => span(name, 'dim')), ...rows],
    ['left', 'left', 'left', 'right', 'left', 'right', 'right', 'right', 'left'],
  )
  return [...(rows.length === 0 ? [] : lines), ...failed].map(line => fit(line, columns - 1, symbols.cut))
}

const silentLine = (host: string, why: string): Line => [span(`${clean(host)}  `, 'red'), span(clean(why))]

function cells(host: string, { keeper, reading }: ClockRow, options: TableOptions): Span[] {
  const { history, reasons, symbols } = options
  const key = clockKey(host, keeper)
  const out = reasons?.get(key) ?? []
  const style = reasons === undefined ? undefined : out.length === 0 ? 'green' : 'red'
  const { link, portState, phcOffset, pathDelay, frequency, systemOffset, uncertainty, grandmaster, ntpSource } =
    reading
  const doubt = uncertainty === undefined ? '' : ` ± ${formatOffset(uncertainty).slice(1)}`
  const follows = grandmaster ?? ntpSource ?? ''
  return [
    span(clean(host), style),
    span(clean(keeper)),
    link === 'down' ? span('link down', 'red') : span(portState ?? '', isSettled(portState) ? undefined : 'red'),
    span(phcOffset === undefined ? '' : formatOffset(phcOffset)),
    span(sparkline(history.get(key) ?? [], trendWidth, symbols.full === '█')),
    span(pathDelay === undefined ? '' : formatOffset(pathDelay).replace(/^\+/, '')),
    span(frequency === undefined ? '' : `${frequency > 0 ? '+' : ''}${frequency} ppb`),
    span(systemOffset === undefined ? '' : `${formatOffset(systemOffset)}${doubt}`),
    span(clean([follows, ...(out.length > 0 ? out : (reading.failures ?? []))].filter(Boolean).join('; '))),
  ]
}

const isSettled = (state: string | undefined) => state === undefined || state === 'SLAVE' || state === 'MASTER'

/** A clock in words, for whoever has no screen: `A  ptp4l eth0  SLAVE  offset +12ns  path 504ns …`. */
export function clockLine(host: string, { keeper, reading }: ClockRow, reasons: readonly string[] = []): string {
  const { link, portState, phcOffset, pathDelay, frequency, systemOffset, grandmaster, ntpSource, failures } = reading
  const parts = [
    link === 'down' ? 'link down' : portState,
    phcOffset === undefined ? undefined : `offset ${formatOffset(phcOffset)}`,
    pathDelay === undefined ? undefined : `path ${formatOffset(pathDelay).replace(/^\+/, '')}`,
    frequency === undefined ? undefined : `freq ${frequency} ppb`,
    systemOffset === undefined ? undefined : `system ${formatOffset(systemOffset)}`,
    grandmaster ?? ntpSource,
    ...(reasons.length > 0 ? reasons : (failures ?? [])),
  ]
  return clean([host, keeper, ...parts.filter(part => part !== undefined)].join('  '))
}
