import { type Phase, phases } from '../runner/events.ts'
import { cellOf } from './cell-words.ts'
import { clean, count, formatSpan } from './format.ts'
import { gateHead, gateLines } from './gate-lines.ts'
import { fit, type Line, type Style, span, table } from './line.ts'
import { reservedHead } from './reserved-line.ts'
import { stepLines } from './step-lines.ts'
import type { Symbols } from './symbols.ts'
import { trafficHead, trafficLines } from './traffic-lines.ts'
import type { Note, View } from './view.ts'

/** A terminal's size in character cells. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

/** Rows below a running phase that are worth giving up the list of all phases for. */
const wantedDetails = 4
const mostNotices = 4
const spinnerMs = 125

/** The live screen at one moment: never more lines than fit, never wider than the terminal. */
export function frame(view: View, { columns, rows }: Size, nowMs: number, symbols: Symbols): Line[] {
  // One row for the cursor below the frame, one so that the command line above stays in sight.
  const room = Math.max(1, rows - 2)
  const notices = noticeLines(view, symbols).slice(-Math.min(mostNotices, Math.floor(room / 4)))
  const free = room - 1 - notices.length
  const { shown: planned } = view
  const all = free - planned.length >= wantedDetails
  const done = all ? [] : doneLine(view, symbols)
  const shown = all ? planned : planned.filter(phase => ['running', 'failed'].includes(view.phases[phase].state))
  const details = free - done.length - shown.length
  const body = shown.flatMap(phase => [
    phaseLine(view, phase, nowMs, symbols),
    ...(phase === busiest(view) ? detailLines(view, phase, details, nowMs, symbols, columns) : []),
  ])
  return [headLine(view), ...done, ...body, ...notices].slice(0, room).map(line => fit(line, columns - 1, symbols.cut))
}

/** One row per phase that has begun. */
export const begunPhases = (view: View, nowMs: number, symbols: Symbols): Line[] =>
  view.shown
    .filter(phase => view.phases[phase].state !== 'waiting')
    .map(phase => phaseLine(view, phase, nowMs, symbols))

/** Warnings, void attempts and problems, oldest first. */
export const noticeLines = ({ notices }: View, symbols: Symbols): Line[] =>
  notices.flatMap(({ level, lines }) =>
    lines.map((line, i) => {
      const style: Style = level === 'bad' ? 'red' : 'yellow'
      const sign = i > 0 ? ' ' : level === 'bad' ? symbols.failed : symbols.warning
      return [span(`${sign} ${clean(line)}`, style)]
    }),
  )

const headLine = ({ name, attempt, round, cell }: View): Line => [
  span(clean(name), 'bold'),
  ...(cell === undefined ? [] : [span(`  ${clean(cellOf(cell))}`)]),
  ...(round === undefined ? [] : [span(`  round ${round.round} of ${round.of}`)]),
  ...(attempt === undefined ? [] : [span(`  attempt ${attempt.attempt} of ${attempt.of}`)]),
]

/** When the screen is too low for a row each. */
function doneLine(view: View, symbols: Symbols): Line[] {
  const done = view.shown.filter(phase => view.phases[phase].state === 'done')
  return done.length === 0 ? [] : [[span(`${symbols.done} `, 'green'), span(done.join(', '))]]
}

function phaseLine(view: View, phase: Phase, nowMs: number, symbols: Symbols): Line {
  const now = view.phases[phase]
  const name = phase.padEnd(nameWidth)
  switch (now.state) {
    case 'waiting':
      return [span(`${symbols.waiting} ${phase}`, 'dim')]
    case 'running':
      return [
        span(`${spinner(nowMs, symbols)} `, 'cyan'),
        span(`${name}  `),
        span(head(view, phase, now.sinceMs, nowMs)),
      ]
    case 'done':
      return [span(`${symbols.done} `, 'green'), span(`${name}  `), span(formatSpan(now.tookMs), 'dim')]
    case 'failed':
      return [
        span(`${symbols.failed} `, 'red'),
        span(`${name}  `),
        span(`failed after ${formatSpan(now.tookMs)}`, 'red'),
      ]
  }
}

const nameWidth = Math.max(...phases.map(phase => phase.length))
const spinner = (nowMs: number, { spinner }: Symbols) =>
  spinner[Math.floor(Math.max(0, nowMs) / spinnerMs) % spinner.length] ?? ''

function head(view: View, phase: Phase, sinceMs: number, nowMs: number): string {
  const aspect = aspectOf(view, phase)
  if (aspect === 'gate') return gateHead(view, nowMs)
  if (aspect === 'traffic') return trafficHead(view, nowMs)
  const isWaiting = phase === 'reserve' || (phase === 'traffic' && view.traffic === undefined)
  if (isWaiting && view.reserved.size > 0) return reservedHead(view, nowMs)
  return formatSpan(nowMs - sinceMs)
}

/** The phase that the details belong to: the last of those that run. */
const busiest = (view: View) => phases.findLast(phase => view.phases[phase].state === 'running')

function detailLines(view: View, phase: Phase, rows: number, nowMs: number, symbols: Symbols, columns: number): Line[] {
  const aspect = aspectOf(view, phase)
  const lines =
    aspect === 'gate'
      ? gateLines(view, rows)
      : aspect === 'traffic'
        ? trafficLines(view, rows, nowMs, symbols, Math.max(5, Math.min(30, Math.floor(columns / 4))))
        : aspect === 'step'
          ? stepLines(view, rows, nowMs, symbols)
          : noteLines(view, rows, symbols)
  return lines.map(line => [span(indent), ...line])
}

const indent = '    '

function aspectOf(view: View, phase: Phase): 'gate' | 'traffic' | 'step' | 'hosts' {
  if (phase === 'gate') return 'gate'
  if (view.step !== undefined) return 'step'
  // Until the senders have their base times there is nothing to see of the traffic itself.
  return phase === 'traffic' && view.traffic !== undefined ? 'traffic' : 'hosts'
}

/** What each host is at: all when they fit, else those that are not done first, and a line that counts the rest. */
function noteLines({ notes }: View, rows: number, symbols: Symbols): Line[] {
  if (notes.size === 0 || rows < 1) return []
  const all = [...notes]
  const urgent = [
    ...all.filter(([, { state }]) => state !== 'done'),
    ...all.filter(([, { state }]) => state === 'done'),
  ]
  const shown = all.length <= rows ? all : urgent.slice(0, rows - 1)
  const hidden = all.length - shown.length
  return [
    ...table(shown.map(([host, note]) => [noteSign(note, symbols), span(clean(host)), span(clean(note.text), 'dim')])),
    ...(hidden === 0 ? [] : [[span(`and ${count(hidden, 'more host')}`, 'dim')]]),
  ]
}

const noteSign = ({ state }: Note, { done, failed, waiting }: Symbols) =>
  ({ done: span(done, 'green'), bad: span(failed, 'red'), busy: span(waiting, 'cyan') })[state]
