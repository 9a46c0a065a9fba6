import type { Writable } from 'node:stream'
import type { EventKind, FlowOutline, HostRound, RunEvent } from '../runner/events.ts'
import { formatDuration } from '../units/duration.ts'
import { formatTime } from '../units/format-time.ts'
import { type ByKind, handle } from './by-kind.ts'
import { cellOf } from './cell-words.ts'
import { screenFigures } from './figures.ts'
import { clean, count, formatSpan } from './format.ts'
import { flushed, writeLines } from './line-writer.ts'
import { badNames, isNews, type Said } from './news.ts'
import type { Renderer } from './screen-types.ts'
import { isQuiet, stepAtHost, stepCounts } from './step-wording.ts'
import { badHosts, captureInWords, limitsInWords, outcome, problemLines, reasonsOf } from './wording.ts'

/** Readable lines, each with its time since the start of the run; no colour, no cursor. */
export function plainRenderer(stdout: Writable): Renderer {
  const linesOf = plainLines()
  return {
    event: event => writeLines(stdout, linesOf(event)),
    end: () => flushed(stdout),
  }
}

/** What a run's events say, one after another: most say one line, rounds of the gate only when there is news. */
export function plainLines(): (event: RunEvent) => string[] {
  const memory: Memory = { startMs: undefined, gate: undefined, traffic: undefined }
  const words = wordsOf(memory)
  return event => {
    memory.startMs ??= Date.parse(event.at)
    const stamp = `+${((Date.parse(event.at) - memory.startMs) / 1000).toFixed(3)}s`.padEnd(stampWidth)
    return handle(words, event).map(line => `${stamp} ${clean(line)}`)
  }
}

/** Every kind of event there is. */
export const eventKinds = (): readonly EventKind[] => Object.keys(wordsOf({})) as EventKind[]

const stampWidth = 9
/** Bad hosts named in one round; the rest are counted. */
const namedHosts = 8

interface Memory {
  startMs?: number | undefined
  gate?: Said | undefined
  traffic?: Said | undefined
}

function wordsOf(memory: Memory): ByKind<readonly string[]> {
  return {
    run_started: ({ cell, name, hosts, flows, folder }) => [
      // Of a cell everything but its flows is known.
      ...(cell === undefined ? [startLine(name, hosts, flows, folder)] : []),
      ...flows.map(flow => `flow ${flow.name}: ${flow.from} to ${flow.to}, ${flow.tool}`),
    ],
    experiment_started: ({ configurations, seed }) => [
      `experiment: ${count(configurations.length, 'configuration')}${seed === undefined ? '' : `, shuffled with seed ${seed}`}`,
    ],
    experiment_resumed: ({ remaining }) => [`experiment: goes on, ${count(remaining, 'cell')} left`],
    cell_started: event => [`${cellOf(event)}${event.run === 1 ? '' : `, run ${event.run}`}, folder ${event.folder}`],
    cell_ended: event => [
      `${cellOf(event)}: ${event.verdict ?? 'no verdict'} after ${formatSpan(event.tookMs)}`,
      ...event.reasons.map(reason => `  ${reason}`),
    ],
    phase_started: ({ phase }) => {
      if (phase === 'gate') memory.gate = undefined
      return [`${phase}: started`]
    },
    phase_ended: ({ phase, tookMs, failed }) => [
      `${phase}: ${failed ? 'failed after' : 'done in'} ${formatSpan(tookMs)}`,
    ],
    host_connected: ({ host, tookMs }) => [`${host}: connected in ${formatSpan(tookMs)}`],
    host_ready: ({ host, summary }) => [`${host}: ready, ${summary}`],
    process_started: ({ host, process, pid, argv }) => [`${host}: ${process} started (pid ${pid}): ${argv.join(' ')}`],
    process_ready: ({ host, process, tookMs }) => [`${host}: ${process} ready in ${formatSpan(tookMs)}`],
    process_exited: ({ host, process, code, expected }) => [
      `${host}: ${process} ${code === undefined ? 'ended by a signal' : `exited with ${code}`}${expected ? '' : ', which nobody asked for'}`,
    ],
    gate_round: ({ at, round, good, needed, hosts, ...limits }) => {
      const bad = badNames(hosts)
      if (!isNews(memory.gate, bad, Date.parse(at))) return []
      memory.gate = { atMs: Date.parse(at), bad }
      return roundLines(`gate: round ${round}, limit ${limitsInWords(limits)}, good ${good} of ${needed}`, hosts)
    },
    gate_passed: ({ rounds, tookMs }) => [`gate: open after ${formatSpan(tookMs)}, ${count(rounds, 'round')}`],
    round_started: ({ round, of, flows }) => [
      `round ${round} of ${of}: ${flows.length > namedHosts ? count(flows.length, 'flow') : flows.join(', ')}`,
    ],
    attempt_started: ({ attempt, of }) => [`attempt ${attempt} of ${of}`],
    traffic_started: ({ attempt, flows, processes = [], lastsMs }) => {
      memory.traffic = { atMs: Number.NEGATIVE_INFINITY, bad: '' }
      return [
        `traffic: attempt ${attempt} lasts ${formatSpan(lastsMs)}`,
        ...flows.map(
          ({ flow, frames, cycleTime, operBaseTime }) =>
            `${flow}: ${frames} frames, one each ${formatDuration(cycleTime)}, from TAI ${operBaseTime}`,
        ),
        ...processes.map(
          ({ flow, lastsMs: each }) => `${flow}: ${each === undefined ? 'as long as it takes' : formatSpan(each)}`,
        ),
      ]
    },
    traffic_reading: ({ at, hosts }) => {
      const bad = badNames(hosts)
      if (!isNews(memory.traffic, bad, Date.parse(at))) return []
      memory.traffic = { atMs: Date.parse(at), bad }
      return roundLines('traffic: clocks', hosts)
    },
    traffic_ended: ({ attempt }) => [`traffic: attempt ${attempt} is over`],
    attempt_void: ({ attempt, of, reasons }) => {
      memory.gate = undefined
      return [`attempt ${attempt} of ${of} is void`, ...reasons.map(reason => `  ${reason}`)]
    },
    collected: ({ flow, sent, received, file }) => [
      `${flow}: ${received} of ${count(sent, 'frame')} received, ${file}`,
    ],
    sender_started: ({ flow, host, due, released }) => [
      released === undefined
        ? `${flow}: ${host} was told to send at UTC ${due}`
        : `${flow}: let go on ${host} ${formatTime(released - due)} after UTC ${due}`,
    ],
    capture_collected: capture => [captureInWords(capture)],
    outputs_collected: ({ flow, files }) => [`${flow}: ${files.join(', ')}`],
    not_collected: ({ flow, end, reason }) => [`${flow}: nothing collected from the ${end}: ${reason}`],
    flow_figures: ({ flow, figures, kinds, summary }) =>
      summary === ''
        ? [`${flow}: ${[...screenFigures(figures, kinds)].map(([name, cell]) => `${name} ${cell}`).join('; ')}`]
        : summary
            .trimEnd()
            .split('\n')
            .map((line, i) => (i === 0 ? `${flow}: ${line}` : `  ${line}`)),
    judged: ({ flow, expectation, value, outcome }) => [`${flow}: ${expectation}: ${outcome} (${value})`],
    step_started: ({ step, name, hosts }) => [
      `step ${step} ${name}: ${hosts.length > namedHosts ? count(hosts.length, 'host') : hosts.join(', ')}`,
    ],
    step_host: outcome => (isQuiet(outcome) ? [] : [`  ${stepAtHost(outcome)}`]),
    step_output: ({ host, item, stream, lines }) => {
      const who = `${host}${item === undefined ? '' : ` (${item})`}${stream === 'stderr' ? ' !' : ' |'}`
      return lines.map(line => `  ${who} ${line}`)
    },
    step_ended: ({ step, name, tookMs, counts }) => [
      `step ${step} ${name}: ${stepCounts(counts)} in ${formatSpan(tookMs)}`,
    ],
    reserved: ({ flow, start, waitsMs, lastsMs, reservations }) => [
      `${flow ?? 'the run'}: reserved on ${Object.keys(reservations).join(' and ')} for ${formatSpan(lastsMs)} at ${start}, in ${formatSpan(Math.max(0, waitsMs))}`,
    ],
    reservation_state: ({ flow, host, state, reason }) => [
      `${flow ?? 'the run'}: ${host}: ${state}${reason === undefined ? '' : ` [${reason}]`}`,
    ],
    report_written: ({ file }) => [`report: ${file}`],
    cleanup_done: ({ host, stopped, left }) => [
      `${host}: ${count(stopped, 'process', 'processes')} stopped, ${left.length === 0 ? 'nothing left' : `still there: ${left.join(', ')}`}`,
    ],
    warning: ({ host, message, hint }) => [
      `warning: ${host === undefined ? '' : `${host}: `}${message}`,
      ...(hint === undefined ? [] : [`  hint: ${hint}`]),
    ],
    problem: ({ host, problem }) => problemLines(problem, host).map((line, i) => (i === 0 ? `problem: ${line}` : line)),
    run_ended: ({ cell, verdict, exitCode, reasons, folder, tookMs }) =>
      cell !== undefined
        ? []
        : [
            `${outcome({ verdict, exitCode }).word} after ${formatSpan(tookMs)} (exit ${exitCode})`,
            ...reasons.map(reason => `  ${reason}`),
            ...(folder === undefined ? [] : [`folder ${folder}`]),
          ],
  }
}

const startLine = (
  name: string,
  hosts: readonly string[],
  flows: readonly FlowOutline[],
  folder: string | undefined,
): string =>
  `${name}: ${count(hosts.length, 'host')}, ${count(flows.length, 'flow')}${folder === undefined ? '' : `, folder ${folder}`}`

function roundLines(head: string, hosts: readonly HostRound[]): string[] {
  const bad = badHosts(hosts)
  if (bad.length === 0)
    return [`${head}: ${hosts.length === 1 ? 'the host is' : `all ${hosts.length} hosts are`} in step`]
  const named = bad.slice(0, namedHosts).map(round => `  ${reasonsOf(round)}`)
  const rest = bad.length - named.length
  return [
    `${head}: ${bad.length} of ${count(hosts.length, 'host')} not in step`,
    ...named,
    ...(rest === 0 ? [] : [`  and ${count(rest, 'more host')}`]),
  ]
}
