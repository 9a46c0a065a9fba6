import type { Verdict } from '../runner/events.ts'
import { formatTime } from '../units/format-time.ts'
import type { RecordedFlow, RunRecord } from './run-folder.ts'

/** The verdict in one word; a run without one was interrupted, could not begin, or was cut off. */
export function verdictOf({ result, story }: RunRecord): Verdict | 'no verdict' | 'cut off' {
  if (result !== undefined) return result.verdict ?? 'no verdict'
  return story.ended ? 'no verdict' : 'cut off'
}

/** Why the run is no pass, or no run at all, in sentences without full stops. */
export function reasonsOf(record: RunRecord): string[] {
  const { result, story, damage } = record
  const reasons = [...(result?.reasons ?? story.problems)]
  if (result === undefined) reasons.push(cutOff(record))
  for (const flow of record.flows)
    if (flow.file === undefined && !measuresItself(flow)) reasons.push(`${flow.name}: ${whyNoLog(record, flow)}`)
  if (result !== undefined && !story.ended) reasons.push('the events end before the run did')
  return [...reasons, ...damage]
}

/** Its program says what it has measured; there is no packet log to miss. */
export const measuresItself = ({ tool }: RecordedFlow): boolean => tool !== 'isochron'

function cutOff({ story }: RunRecord): string {
  if (story.ended) return 'the run ended without a result: result.json is missing'
  const seen = story.lastSeen === undefined ? 'nothing is known of it' : `last heard of at ${story.lastSeen}`
  return `the run was cut off${story.phase === undefined ? '' : ` in phase ${story.phase}`}${inStep(story)}: ${seen}`
}

/** `, in step 3, Load the driver, on B, C` */
function inStep({ openStep }: RunRecord['story']): string {
  if (openStep === undefined) return ''
  const { step, name, hosts } = openStep
  return `, in step ${step}, ${name}${hosts.length === 0 ? '' : `, on ${hosts.join(', ')}`}`
}

function whyNoLog({ story, result, voidLogs }: RunRecord, { name, missing }: RecordedFlow): string {
  const told = missing ?? story.notCollected.get(name) ?? []
  if (told.length > 0) return `no packet log (${told.join('; ')})`
  if (story.attempt === undefined || !story.traffic) return 'no packet log, no traffic was sent'
  const attempt = `attempt ${story.attempt}`
  if (result === undefined && !story.ended)
    return `the packet logs of ${attempt} are gone: the run was cut off before they were collected`
  if (voidLogs.includes(`attempts/${story.attempt}/${name}.dat`))
    return `no packet log that counts: ${attempt} was void`
  return `no packet log was kept of ${attempt}`
}

/** `2026-11-21 22:14:03 UTC` */
export const formatMoment = (iso: string) => iso.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')

/** How long something took, from two ISO times: `31.2s`. Empty when it is not known. */
export function formatSpan(from: string | undefined, to: string | undefined): string {
  const ms = Date.parse(to ?? '') - Date.parse(from ?? '')
  return Number.isFinite(ms) ? formatTime(BigInt(ms) * 1_000_000n, 1) : ''
}

/** A time of result.json, short: `2.157us`. */
export const shortTime = (ns: string) => formatTime(Number(ns), 3)
