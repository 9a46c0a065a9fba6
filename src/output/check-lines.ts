import type { Writable } from 'node:stream'
import type { CheckEvent, CheckEventOf, FilePreview, StepPreview } from '../runner/check/events.ts'
import { toJson } from '../units/json.ts'
import { clean, count, formatSpan } from './format.ts'
import { writeLines } from './line-writer.ts'
import { problemLines } from './wording.ts'

export interface CheckOutputs {
  readonly stdout: Writable
  readonly stderr: Writable
  readonly json: boolean
}

/** Shows a check as it goes on: lines for people, or one JSON object per event. */
export function checkRenderer({ stdout, stderr, json }: CheckOutputs): (event: CheckEvent) => void {
  if (!json) {
    const linesOf = checkLines()
    return event => writeLines(stdout, linesOf(event))
  }
  return event => {
    writeLines(stdout, [toJson(event)])
    if (event.kind === 'problem') writeLines(stderr, problemLines(event.problem, event.host))
  }
}

type Words = { readonly [Kind in CheckEvent['kind']]: (event: CheckEventOf<Kind>) => readonly string[] }

/** Events as lines, below the name of their phase. */
export function checkLines(): (event: CheckEvent) => string[] {
  let phase = ''
  const below = (next: string, lines: readonly string[]): string[] => {
    const head = next === phase ? [] : ['', next]
    phase = next
    return [...head, ...lines.map(line => `  ${line}`)]
  }
  return event => {
    // The mapped type pairs each kind with its words; the compiler loses that at an index that is a union.
    const lines = (words[event.kind] as (event: CheckEvent) => readonly string[])(event).map(clean)
    if (event.kind === 'check_started') return lines
    if (event.kind === 'check_ended') return ['', ...lines]
    return below('phase' in event ? event.phase : phase || 'connect', lines)
  }
}

const words: Words = {
  check_started: ({ name, hosts }) => [`${name}: ${count(hosts.length, 'host')}, nothing is changed`],
  host_connected: ({ host, tookMs }) => [`${host}: connected in ${formatSpan(tookMs)}`],
  host_ready: ({ host, summary }) => [`${host}: ready, ${summary}`],
  warning: ({ host, message, hint }) => [
    `warning: ${host === undefined ? '' : `${host}: `}${message}`,
    ...(hint === undefined ? [] : [`  hint: ${hint}`]),
  ],
  problem: ({ host, problem }) => problemLines(problem, host).map((line, i) => (i === 0 ? `problem: ${line}` : line)),
  step_checked: ({ step, name, become, hosts }) => [
    `${step} ${name}${become === undefined ? '' : `; as ${become}`}`,
    ...groupsOf(hosts).flatMap(groupLines),
  ],
  phase_planned: ({ lines }) => lines,
  check_ended: ({ exitCode }) => [exitCode === 0 ? 'nothing was changed' : `nothing was changed (exit ${exitCode})`],
}

/** Hosts named of those for which a step comes to the same; the rest are counted. */
const namedHosts = 8

interface Group {
  readonly hosts: string[]
  readonly preview: StepPreview
}

/** Hosts at which the same would happen stand together. */
function groupsOf(previews: readonly StepPreview[]): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const preview of previews) {
    const key = toJson({ ...preview, host: '' })
    const group = groups.get(key) ?? { hosts: [], preview }
    group.hosts.push(preview.host)
    groups.set(key, group)
  }
  return [...groups.values()]
}

function groupLines({ hosts, preview }: Group): readonly string[] {
  const rest = hosts.length - namedHosts
  const named = hosts.slice(0, namedHosts).join(', ')
  const who = `${named}${rest > 0 ? ` and ${count(rest, 'more host')}` : ''}`
  const item = preview.item === undefined ? '' : ` (${preview.item})`
  const [first = '', ...more] = inWords(preview).split('\n')
  return [
    `  ${who}${item}: ${first}`,
    ...more.map(line => `    ${line}`),
    ...fileLines(preview.files ?? []).map(line => `    ${line}`),
  ]
}

function inWords({ outcome, does = '', reason }: StepPreview): string {
  switch (outcome) {
    case 'would_do':
      return `would ${does}`
    case 'unchanged':
      return `would ${does}: unchanged`
    case 'holds':
      return `would ${does} (it holds)`
    case 'does_not_hold':
      return `would ${does} (it does not hold now)`
    case 'skipped':
      return 'skipped'
    case 'unknown':
    case 'wrong': {
      const parts = [does === '' ? undefined : `would ${does}`, reason].filter(part => part !== undefined)
      return parts.join(': ')
    }
  }
}

const fileWords: Readonly<Record<FilePreview['outcome'], string>> = {
  new: 'new',
  change: 'would change',
  unchanged: 'unchanged',
  unknown: 'may change',
  impossible: 'cannot be',
  found: 'is there',
  missing: 'nothing there now',
}

/** What stays as it is is counted, where it is not all. */
function fileLines(files: readonly FilePreview[]): readonly string[] {
  const same = files.filter(({ outcome }) => outcome === 'unchanged').length
  const others = files.filter(({ outcome }) => outcome !== 'unchanged')
  if (others.length === 0) return []
  return [
    ...others.flatMap(({ path, outcome, why = [], diff = '' }) => [
      `${path}: ${fileWords[outcome]}${why.length === 0 ? '' : ` (${why.join(', ')})`}`,
      ...diff
        .split('\n')
        .slice(0, -1)
        .map(line => `  ${line}`),
    ]),
    ...(same === 0 ? [] : [`${count(same, 'other')} unchanged`]),
  ]
}
