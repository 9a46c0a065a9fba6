import { type EventKind, type StepAtHost, stepOutcomes } from '../runner/events.ts'
import type { ExpectationResult } from '../runner/result.ts'
import type { StepResult } from '../runner/steps/ground.ts'
import { type Lines, numberOf, textOf } from './ndjson.ts'

/** What the events of a run tell, and how far they go. */
export interface Story {
  /** ISO 8601, UTC; of the first and of the last event. */
  readonly started: string | undefined
  readonly lastSeen: string | undefined
  /** Whether the run came to its end, however it ended. */
  readonly ended: boolean
  /** The last phase that began. */
  readonly phase: string | undefined
  /** The last attempt that began; undefined before the first. */
  readonly attempt: number | undefined
  /** Whether the traffic of that attempt began. */
  readonly traffic: boolean
  /** Hosts with what they are, in one line. */
  readonly hosts: ReadonlyMap<string, string>
  readonly steps: readonly StepResult[]
  /** The step that had begun and was not over. */
  readonly openStep: OpenStep | undefined
  readonly judged: readonly ExpectationResult[]
  /** What went wrong, as messages. */
  readonly problems: readonly string[]
  /** Why an end of a flow has no packet log in that attempt, by flow. */
  readonly notCollected: ReadonlyMap<string, readonly string[]>
  /** When traffic went on, in any attempt. */
  readonly trafficSpans: readonly Span[]
}

/** Milliseconds since 1970. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

export interface OpenStep {
  readonly step: number
  readonly name: string
  /** Where nothing is known of how it ended. */
  readonly hosts: readonly string[]
}

type Event = Readonly<Record<string, unknown>>
type StepDraft = { -readonly [Key in keyof StepResult]: StepResult[Key] } & { hosts: StepAtHost[] }

interface Draft {
  ended: boolean
  phase: string | undefined
  attempt: number | undefined
  traffic: boolean
  trafficFromMs: number | undefined
  hosts: Map<string, string>
  steps: StepDraft[]
  openStep: OpenStep | undefined
  judged: ExpectationResult[]
  problems: string[]
  notCollected: Map<string, string[]>
  trafficSpans: Span[]
}

const outcomes = ['met', 'not met', 'not measured'] as const

/** How each event moves the story on; the others do not. */
const chapters: Partial<Record<EventKind, (draft: Draft, event: Event) => void>> = {
  run_started: ({ hosts }, event) => {
    for (const host of Array.isArray(event['hosts']) ? event['hosts'] : []) hosts.set(String(host), '')
  },
  host_ready: ({ hosts }, event) => {
    hosts.set(textOf(event['host']) ?? '', textOf(event['summary']) ?? '')
  },
  problem: ({ problems }, event) => {
    const message = textOf((event['problem'] as Event | undefined)?.['message'])
    if (message !== undefined) problems.push(message)
  },
  judged: ({ judged }, event) => {
    const [expectation = '', flow = '', value = ''] = ['expectation', 'flow', 'value'].map(key => textOf(event[key]))
    const outcome = outcomes.find(each => each === event['outcome'])
    if (outcome !== undefined) judged.push({ expectation, flow, value, outcome })
  },
  step_started: (draft, event) => {
    const { steps, phase = '' } = draft
    const [step, name] = [numberOf(event['step']) ?? 0, textOf(event['name']) ?? '']
    steps.push({ step, name, phase, tookMs: 0, hosts: [] })
    const hosts = Array.isArray(event['hosts']) ? event['hosts'].map(String) : []
    draft.openStep = { step, name, hosts }
  },
  step_host: (draft, event) => {
    const { steps, openStep } = draft
    const isOver = (numberOf(event['left']) ?? 0) === 0
    if (openStep !== undefined && isOver)
      draft.openStep = { ...openStep, hosts: openStep.hosts.filter(host => host !== event['host']) }
    const outcome = stepOutcomes.find(each => each === event['outcome'])
    if (outcome === undefined) return
    const [item, reason, code] = [textOf(event['item']), textOf(event['reason']), numberOf(event['code'])]
    steps.at(-1)?.hosts.push({
      host: textOf(event['host']) ?? '',
      outcome,
      tries: numberOf(event['tries']) ?? 0,
      tookMs: numberOf(event['tookMs']) ?? 0,
      ...(item === undefined ? {} : { item }),
      ...(reason === undefined ? {} : { reason }),
      ...(code === undefined ? {} : { code }),
    })
  },
  step_ended: (draft, event) => {
    draft.openStep = undefined
    const last = draft.steps.at(-1)
    if (last !== undefined) last.tookMs = numberOf(event['tookMs']) ?? 0
  },
  phase_started: (draft, event) => {
    draft.phase = textOf(event['phase'])
  },
  attempt_started: (draft, event) => {
    draft.attempt = numberOf(event['attempt'])
    draft.traffic = false
    draft.notCollected = new Map()
  },
  traffic_started: (draft, event) => {
    draft.traffic = true
    draft.trafficFromMs = timeOf(event)
  },
  traffic_ended: (draft, event) => endTraffic(draft, timeOf(event)),
  attempt_void: (draft, event) => endTraffic(draft, timeOf(event)),
  not_collected: ({ notCollected }, event) => {
    const [flow, end, reason] = ['flow', 'end', 'reason'].map(key => textOf(event[key]) ?? '')
    if (flow !== undefined) notCollected.set(flow, [...(notCollected.get(flow) ?? []), `${end}: ${reason}`])
  },
  run_ended: draft => {
    draft.ended = true
  },
}

export function storyOf({ values }: Lines): Story {
  const draft: Draft = {
    ended: false,
    phase: undefined,
    attempt: undefined,
    traffic: false,
    trafficFromMs: undefined,
    hosts: new Map(),
    steps: [],
    openStep: undefined,
    judged: [],
    problems: [],
    notCollected: new Map(),
    trafficSpans: [],
  }
  for (const event of values) chapters[event['kind'] as EventKind]?.(draft, event)
  const last = values.at(-1)
  if (last !== undefined) endTraffic(draft, timeOf(last))
  return { ...draft, started: textOf(values[0]?.['at']), lastSeen: textOf(last?.['at']) }
}

const timeOf = (event: Event) => Date.parse(textOf(event['at']) ?? '')

function endTraffic(draft: Draft, toMs: number): void {
  if (draft.trafficFromMs !== undefined) draft.trafficSpans.push({ fromMs: draft.trafficFromMs, toMs })
  draft.trafficFromMs = undefined
}
