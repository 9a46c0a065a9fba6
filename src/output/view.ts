import { type EventOf, type FlowOutline, type Phase, phases, type RunEvent, type Verdict } from '../runner/events.ts'
import { type ByKind, handle } from './by-kind.ts'
import { formatSpan } from './format.ts'
import { problemLines } from './wording.ts'

/** What the live screen knows of a run; times in ms of the screen's own monotonic clock. */
export interface View {
  readonly name: string
  readonly folder: string | undefined
  readonly hosts: readonly string[]
  readonly flows: readonly FlowOutline[]
  /** The phases that have something to do in this run. */
  readonly shown: readonly Phase[]
  readonly phases: Readonly<Record<Phase, PhaseState>>
  /** The step that is being done. */
  readonly step: StepView | undefined
  readonly stepsEnded: readonly EventOf<'step_ended'>[]
  /** What each host is at in the phase that began last. */
  readonly notes: ReadonlyMap<string, Note>
  /** Time on shared hosts, by flow; that of the whole run under ''. */
  readonly reserved: ReadonlyMap<string, ReservedSpan>
  readonly gate: GateView | undefined
  readonly attempt: { readonly attempt: number; readonly of: number } | undefined
  /** The round of a mesh. */
  readonly round: EventOf<'round_started'> | undefined
  readonly traffic: { readonly sinceMs: number; readonly started: EventOf<'traffic_started'> } | undefined
  readonly reading: EventOf<'traffic_reading'> | undefined
  readonly notices: readonly Notice[]
  readonly collected: ReadonlyMap<string, EventOf<'collected'>>
  /** Of the attempt that counts. */
  readonly captures: readonly EventOf<'capture_collected'>[]
  readonly figures: readonly EventOf<'flow_figures'>[]
  readonly judged: readonly EventOf<'judged'>[]
  readonly reports: readonly string[]
  readonly ended: EventOf<'run_ended'> | undefined
  /** The cell that is on, or was on last; undefined where there is one test. */
  readonly cell: EventOf<'cell_started'> | undefined
  /** Cells that are over, by their verdict. */
  readonly cells: Readonly<Record<Verdict | 'none', number>>
}

/** By the clock of the screen, ms. */
export interface ReservedSpan {
  readonly fromMs: number
  readonly toMs: number
}

export interface GateView {
  readonly sinceMs: number
  readonly last: EventOf<'gate_round'> | undefined
}

export interface StepView {
  readonly sinceMs: number
  readonly started: EventOf<'step_started'>
  /** Hosts that are done with it, and what was not good. */
  readonly done: ReadonlySet<string>
  readonly bad: readonly EventOf<'step_host'>[]
}

export type PhaseState =
  | { readonly state: 'waiting' }
  | { readonly state: 'running'; readonly sinceMs: number }
  | { readonly state: 'done' | 'failed'; readonly tookMs: number }

export interface Note {
  readonly text: string
  readonly state: 'busy' | 'done' | 'bad'
}

export interface Notice {
  readonly level: 'warning' | 'bad'
  readonly lines: readonly string[]
}

export const emptyView: View = {
  name: '',
  folder: undefined,
  hosts: [],
  flows: [],
  phases: Object.fromEntries(phases.map(phase => [phase, { state: 'waiting' }])) as Record<Phase, PhaseState>,
  shown: [],
  reserved: new Map(),
  step: undefined,
  stepsEnded: [],
  notes: new Map(),
  gate: undefined,
  attempt: undefined,
  round: undefined,
  traffic: undefined,
  reading: undefined,
  notices: [],
  collected: new Map(),
  captures: [],
  figures: [],
  judged: [],
  reports: [],
  ended: undefined,
  cell: undefined,
  cells: { pass: 0, fail: 0, invalid: 0, none: 0 },
}

/** The view after an event that came at `nowMs`. */
export const follow = (view: View, event: RunEvent, nowMs: number): View => ({
  ...view,
  ...handle(changesOf(view, nowMs), event),
})

function changesOf(view: View, nowMs: number): ByKind<Partial<View>> {
  const note = (host: string, text: string, state: Note['state']) => ({
    notes: new Map(view.notes).set(host, { text, state }),
  })
  const notice = (level: Notice['level'], ...lines: readonly string[]) => ({
    notices: withNotice(view, { level, lines }),
  })
  const of = (host: string | undefined) => (host === undefined ? '' : `${host}: `)
  return {
    run_started: ({ cell, name, folder, hosts, flows, phases: shown }) =>
      cell === undefined ? { name, folder, hosts, flows, shown } : { flows },
    experiment_started: () => ({}),
    experiment_resumed: () => ({}),
    cell_started: event => ({ ...freshTest, cell: event }),
    cell_ended: ({ cell, verdict, reasons }) => ({
      cells: { ...view.cells, [verdict ?? 'none']: view.cells[verdict ?? 'none'] + 1 },
      ...(verdict === 'pass' ? {} : notice('bad', `${cell}: ${verdict ?? 'no verdict'}`, ...reasons.slice(0, 3))),
    }),
    phase_started: ({ phase }) => ({
      phases: started(view.phases, phase, nowMs),
      notes: phase === 'connect' ? busy(view.hosts, 'connecting') : new Map(),
      ...(phase === 'gate' ? { gate: { sinceMs: nowMs, last: undefined } } : {}),
    }),
    phase_ended: ({ phase, tookMs, failed }) => ({
      phases: { ...view.phases, [phase]: { state: failed ? 'failed' : 'done', tookMs } },
    }),
    host_connected: ({ host, tookMs }) => note(host, `connected in ${formatSpan(tookMs)}`, 'done'),
    host_ready: ({ host, summary }) => note(host, summary, 'done'),
    process_started: ({ host, process }) => note(host, `${process} starting`, 'busy'),
    process_ready: ({ host, process, tookMs }) => note(host, `${process} ready in ${formatSpan(tookMs)}`, 'done'),
    process_exited: ({ host, process, code, expected }) =>
      expected
        ? note(host, `${process} ended`, 'done')
        : {
            ...note(host, `${process} died`, 'bad'),
            ...notice('bad', `${host}: ${process} ${code === undefined ? 'ended by a signal' : `exited with ${code}`}`),
          },
    gate_round: event => ({ gate: { sinceMs: view.gate?.sinceMs ?? nowMs, last: event } }),
    gate_passed: () => ({}),
    round_started: event => ({ round: event, attempt: undefined, traffic: undefined, reading: undefined }),
    attempt_started: ({ attempt, of }) => ({ attempt: { attempt, of }, reading: undefined }),
    traffic_started: event => ({ traffic: { sinceMs: nowMs, started: event } }),
    sender_started: () => ({}),
    capture_collected: event => ({ captures: [...view.captures, event] }),
    outputs_collected: () => ({}),
    traffic_reading: event => ({ reading: event }),
    traffic_ended: () => ({}),
    attempt_void: ({ attempt, of, reasons }) => ({
      attempt: undefined,
      captures: [],
      traffic: undefined,
      reading: undefined,
      ...notice('warning', `attempt ${attempt} of ${of} is void`, ...reasons),
    }),
    collected: event => ({ collected: new Map(view.collected).set(event.flow, event) }),
    not_collected: ({ flow, end, reason }) => notice('bad', `${flow}: nothing collected from the ${end}: ${reason}`),
    flow_figures: event => ({ figures: [...view.figures, event] }),
    judged: event => ({ judged: [...view.judged, event] }),
    step_started: event => ({ step: { sinceMs: nowMs, started: event, done: new Set(), bad: [] } }),
    step_host: event => ({ step: view.step && afterHost(view.step, event) }),
    step_output: () => ({}),
    step_ended: event => ({ step: undefined, stepsEnded: [...view.stepsEnded, event] }),
    reserved: ({ flow = '', waitsMs, lastsMs, reservations }) => ({
      reserved: new Map(view.reserved).set(flow, { fromMs: nowMs + waitsMs, toMs: nowMs + waitsMs + lastsMs }),
      notes: new Map([
        ...view.notes,
        ...busy(Object.keys(reservations), `reserved, begins in ${formatSpan(Math.max(0, waitsMs))}`),
      ]),
    }),
    reservation_state: ({ host, state, reason }) =>
      note(host, reason === undefined ? state : `${state} [${reason}]`, stateOf(state)),
    report_written: ({ cell, file }) => (cell === undefined ? { reports: [...view.reports, file] } : {}),
    cleanup_done: ({ host, stopped, left }) =>
      left.length === 0
        ? note(host, `${stopped} stopped, nothing left`, 'done')
        : { ...note(host, 'not clean', 'bad'), ...notice('bad', `${host}: still there: ${left.join(', ')}`) },
    warning: ({ host, message, hint }) =>
      notice('warning', `${of(host)}${message}`, ...(hint ? [`hint: ${hint}`] : [])),
    problem: ({ host, problem }) => notice('bad', ...problemLines(problem, host).map(line => line.trimStart())),
    run_ended: event => (event.cell === undefined ? { ended: event } : {}),
  }
}

/** What a cell begins without. */
const freshTest = {
  step: undefined,
  gate: undefined,
  attempt: undefined,
  round: undefined,
  traffic: undefined,
  reading: undefined,
  collected: new Map(),
  captures: [],
  figures: [],
  judged: [],
} satisfies Partial<View>

/** An experiment may have a thousand of them, most of them the same. */
const keptNotices = 100

function withNotice({ cell, notices }: View, notice: Notice): readonly Notice[] {
  if (cell === undefined) return [...notices, notice]
  const said = notices.some(({ lines }) => lines.join('\n') === notice.lines.join('\n'))
  return said ? notices : [...notices, notice].slice(-keptNotices)
}

/** With several items a host is done when its last one is. */
function afterHost(step: StepView, event: EventOf<'step_host'>): StepView {
  const bad = event.outcome === 'failed' || event.outcome === 'ignored' ? [...step.bad, event] : step.bad
  return { ...step, done: event.left === undefined ? new Set(step.done).add(event.host) : step.done, bad }
}

/** A phase that starts again, as the gate of the next attempt does, takes back all that come after it. */
function started(before: View['phases'], phase: Phase, nowMs: number): View['phases'] {
  const later = phases.slice(phases.indexOf(phase) + 1).map(each => [each, { state: 'waiting' }] as const)
  return { ...before, [phase]: { state: 'running', sinceMs: nowMs }, ...Object.fromEntries(later) }
}

const stateOf = (reservation: string): Note['state'] =>
  reservation === 'done'
    ? 'done'
    : ['held', 'confirmed', 'armed', 'active', 'trading'].includes(reservation)
      ? 'busy'
      : 'bad'

const busy = (hosts: readonly string[], text: string): ReadonlyMap<string, Note> =>
  new Map(hosts.map(host => [host, { text, state: 'busy' }]))
