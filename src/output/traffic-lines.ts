import type { FlowSchedule } from '../runner/events.ts'
import { abs, type Nanoseconds } from '../units/quantity.ts'
import { clean, formatOffset, formatSpan } from './format.ts'
import { type Line, type Span, span, table } from './line.ts'
import type { Symbols } from './symbols.ts'
import type { View } from './view.ts'
import { badHosts } from './wording.ts'

/** Beside the name of the traffic: `3.2s of 10.0s`. */
export function trafficHead(view: View, nowMs: number): string {
  if (view.traffic === undefined) return ''
  const { sinceMs, started } = view.traffic
  const elapsedMs = Math.min(nowMs - sinceMs, started.lastsMs)
  return `${formatSpan(elapsedMs)} of ${formatSpan(started.lastsMs)}`
}

/** A bar per flow, as many as fit, and the clocks of the last round. */
export function trafficLines(view: View, rows: number, nowMs: number, symbols: Symbols, barWidth: number): Line[] {
  const { traffic } = view
  if (traffic === undefined || rows < 1) return []
  const { flows, processes = [] } = traffic.started
  const clocks = clockLine(view)
  const room = rows - clocks.length
  const all = [
    ...flows.map(flow => () => barCells(flow, view, framesDone(flow, view, nowMs), symbols, barWidth)),
    ...processes.map(process => () => timeCells(process, view, nowMs, symbols, barWidth)),
  ]
  const shown = all.length <= room ? all : all.slice(0, Math.max(0, room - 1))
  const bars = shown.map(cells => cells())
  const rest = all.length - shown.length
  return [
    ...table(bars, ['left', 'left', 'left', 'right']),
    ...(rest > 0 && room > 0 ? [[span(`${rest} more`, 'dim')]] : []),
    ...clocks,
  ]
}

function barCells(flow: FlowSchedule, view: View, done: bigint, symbols: Symbols, barWidth: number): Span[] {
  const full = flow.frames === 0n ? barWidth : Number((done * BigInt(barWidth)) / flow.frames)
  return cells(flow.flow, full, `${done}/${flow.frames}`, view, symbols, barWidth)
}

/** A program that measures by itself is known only by the time that it takes. */
function timeCells(
  { flow, lastsMs }: { readonly flow: string; readonly lastsMs: number | undefined },
  view: View,
  nowMs: number,
  symbols: Symbols,
  barWidth: number,
): Span[] {
  const sinceMs = view.traffic === undefined ? 0 : nowMs - view.traffic.sinceMs
  if (lastsMs === undefined) return cells(flow, 0, formatSpan(sinceMs), view, symbols, barWidth)
  // It starts a moment after it was told to.
  const doneMs = Math.min(lastsMs, Math.max(0, sinceMs - ((view.traffic?.started.lastsMs ?? 0) - longest(view))))
  const full = lastsMs === 0 ? barWidth : Math.floor((doneMs * barWidth) / lastsMs)
  return cells(flow, full, `${formatSpan(doneMs)} of ${formatSpan(lastsMs)}`, view, symbols, barWidth)
}

const longest = ({ traffic }: View) =>
  Math.max(0, ...(traffic?.started.processes ?? []).map(({ lastsMs = 0 }) => lastsMs))

function cells(flow: string, full: number, done: string, view: View, symbols: Symbols, barWidth: number): Span[] {
  const outline = view.flows.find(({ name }) => name === flow)
  return [
    span(clean(flow)),
    span(outline === undefined ? '' : clean(`${outline.from} ${symbols.to} ${outline.to}`), 'dim'),
    span(symbols.full.repeat(full) + symbols.empty.repeat(barWidth - full), 'cyan'),
    span(done),
  ]
}

/** Frames that are due by now, after the schedule: the sender itself is not asked while it sends. */
function framesDone({ frames, cycleTime, operBaseTime }: FlowSchedule, view: View, nowMs: number): bigint {
  const { traffic } = view
  if (traffic === undefined) return 0n
  const sinceStart = BigInt(Math.max(0, Math.round((nowMs - traffic.sinceMs) * 1e6)))
  const start = traffic.started.tai
  if (start === undefined) return share(frames, sinceStart, BigInt(Math.ceil(traffic.started.lastsMs)) * 1_000_000n)
  const due = start + sinceStart - operBaseTime
  // The first frame is due at the base time itself.
  return due < 0n || cycleTime <= 0n ? 0n : least(due / cycleTime + 1n, frames)
}

const share = (frames: bigint, part: bigint, whole: bigint) =>
  whole === 0n ? frames : least((frames * part) / whole, frames)
const least = (a: bigint, b: bigint) => (a < b ? a : b)

function clockLine({ reading }: View): Line[] {
  if (reading === undefined) return []
  const bad = badHosts(reading.hosts)
  const [phc, system] = [
    worst(reading.hosts.map(each => each.reading.phcOffset)),
    worst(reading.hosts.map(each => each.reading.systemOffset)),
  ]
  const style = bad.length === 0 ? 'green' : 'red'
  const who = bad.length === 0 ? '' : `, not in step: ${bad.map(each => clean(each.reading.host)).join(', ')}`
  return [[span('clocks at most ', 'dim'), span(`PHC ${phc}, sys ${system}${who}`, style)]]
}

function worst(offsets: readonly (Nanoseconds | undefined)[]): string {
  let found: Nanoseconds | undefined
  for (const offset of offsets) {
    if (offset !== undefined && (found === undefined || abs(offset) > abs(found))) found = offset
  }
  return found === undefined ? '?' : formatOffset(found)
}
