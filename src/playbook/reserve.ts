import type { Place } from '../errors/error.ts'
import { expected } from '../source/expected.ts'
import type { Evaluator } from '../source/expressions.ts'
import type { Findings } from '../source/findings.ts'
import { child, entriesOf, itemsOf, type SourceNode, textOf } from '../source/node.ts'
import { formatDuration, parseDuration } from '../units/duration.ts'
import { type Nanoseconds, ns, type UtcInstant, utc } from '../units/quantity.ts'

/** Time that is asked of the lockstepd of shared hosts. */
export interface Reserve {
  /** `flows`: each is a test that the endpoints start themselves. `run`: time in which the whole run has the hosts. */
  readonly what: 'flows' | 'run'
  readonly earliest: Instant
  readonly latest: Instant
  /** Of the time; undefined: as long as the test takes, or as the run may take at most. */
  readonly duration: Nanoseconds | undefined
  /** Resources of every endpoint that the run has alone; undefined: the network interface of each. */
  readonly claims: readonly string[] | undefined
  readonly onDisconnect: 'cancel' | 'continue'
}

/** Counted from now by the endpoints' own clocks, or a time of day. */
export type Instant = { readonly in: Nanoseconds } | { readonly at: UtcInstant }

const now: Instant = { in: ns(0n) }
/** Five minutes. */
const usualLatest: Instant = { in: ns(300_000_000_000n) }

export interface ReserveGround {
  /** Whether there are flows, by which its length is known. */
  readonly hasTraffic: boolean
  readonly evaluate: Evaluator
  readonly findings: Findings
}

/** The section `reserve` of a playbook; undefined when there is none, or when it is no mapping. */
export function readReserve(
  document: SourceNode,
  { hasTraffic, evaluate, findings }: ReserveGround,
): Reserve | undefined {
  const node = child(document, 'reserve')
  if (node === undefined || node.kind !== 'mapping') return undefined
  const partOf = (key: string) => {
    const written = child(node, key)
    return written === undefined || findings.within(written) ? undefined : evaluate.tree(written)
  }
  const instantOf = (key: string, otherwise: Instant): Instant => {
    const written = partOf(key)
    if (written === undefined) return otherwise
    const read = instantIn(textOf(written) ?? '')
    if (read !== undefined) return read
    const hint = `${key}: now, +30m, or a time of ISO 8601 such as 2030-01-01T22:00:00Z`
    findings.add({ code: 'SCHEMA_VALUE', message: `${key}: ${expected('an instant', written)}`, hint, at: written.at })
    return otherwise
  }
  const durationOf = () => {
    const written = partOf('duration')
    const read = written && parseDuration(textOf(written) ?? '')
    return read === undefined ? undefined : ns(read)
  }
  const claims = partOf('claims')
  const reserve: Reserve = {
    what: textOf(partOf('what')) === 'flows' ? 'flows' : 'run',
    earliest: instantOf('earliest', now),
    latest: instantOf('latest', usualLatest),
    duration: durationOf(),
    claims: claims && itemsOf(claims).map(each => textOf(each) ?? ''),
    onDisconnect: textOf(partOf('on_disconnect')) === 'continue' ? 'continue' : 'cancel',
  }
  if (!hasTraffic && child(node, 'duration') === undefined) {
    const message = 'nobody knows how long steps take: the key duration is missing'
    findings.add({ code: 'SCHEMA_MISSING_KEY', message, hint: 'as duration: 10m', at: node.at })
  }
  if (reserve.what === 'flows') refuseOthers(document, findings)
  if (isLater(reserve.earliest, reserve.latest))
    findings.add({
      code: 'SCHEMA_VALUE',
      message: 'earliest lies behind latest',
      at: child(node, 'earliest')?.at ?? node.at,
    })
  return reserve
}

/** What is done over ssh, as a login with a shell: nobody has one here. */
const needsShell = ['setup', 'after', 'capture', 'receivers', 'senders'] as const

function refuseOthers(document: SourceNode, findings: Findings): void {
  const hint = 'leave it out, or reserve the time of the run: reserve: {what: run}'
  const refuse = (key: string, at: Place) =>
    findings.add({
      code: 'PLAYBOOK_FLOW',
      message: `endpoints start the flows themselves: there is no ${key}`,
      hint,
      at,
    })
  for (const [key, { key: at, value }] of entriesOf(document))
    if (needsShell.some(each => each === key) || (key === 'sync' && textOf(value) !== 'none')) refuse(key, at)
}

/** Those of one kind can be compared; of the others only the endpoints know. */
const isLater = (first: Instant, second: Instant): boolean =>
  'in' in first ? 'in' in second && first.in > second.in : 'at' in second && first.at > second.at

/** `now`, `+30m`, or ISO 8601 with its offset from UTC. */
export function instantIn(text: string): Instant | undefined {
  if (text === 'now') return now
  if (text.startsWith('+')) {
    const length = parseDuration(text.slice(1))
    return length === undefined || length < 0n ? undefined : { in: ns(length) }
  }
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(text)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : { at: utc(BigInt(ms) * 1_000_000n) }
}

/** As `instantIn` reads it. */
export const instantText = (instant: Instant): string =>
  'at' in instant
    ? new Date(Number(instant.at / 1_000_000n)).toISOString()
    : instant.in === 0n
      ? 'now'
      : `+${formatDuration(instant.in)}`
