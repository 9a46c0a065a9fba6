import { crc32 } from 'node:zlib'
import type { Moment, Ticks } from '../units/micros.ts'
import type { Entry } from './entry.ts'
import { type State, states } from './states.ts'

/**
 * One line of the journal: JSON with the CRC-32 of the rest of the line as its last key. There is one writer; it appends
 * whole lines and syncs where the table of states asks for it, and a snapshot is lines of the same form.
 */
export type JournalRecord = Stamp & Happening

/** Where a record stands: `seq` counts from 1 without gaps, `epoch` the starts of the daemon, `boot` names that of the host. */
export interface Stamp {
  readonly seq: number
  readonly epoch: number
  readonly boot: string
  readonly utc: Moment
  readonly mono: Ticks
}

export type Happening =
  /** The daemon began an epoch: on disk before it listens. */
  | { readonly kind: 'start' }
  /** A transition, with the whole entry as it is since; `from` is null for a new one. */
  | {
      readonly kind: 'change'
      readonly rid: string
      readonly from: State | null
      readonly to: State
      readonly data: Entry
    }
  /** No quota and nobody's results need the entry any more. */
  | { readonly kind: 'forget'; readonly rid: string }
  /** Of a snapshot: the first line, with the number of entries that follow, all as they were after record `seq`. */
  | { readonly kind: 'snapshot'; readonly count: number }
  | { readonly kind: 'entry'; readonly data: Entry }

/** Without the line's end. */
export function encodeLine(record: JournalRecord): string {
  const body = JSON.stringify({ v: version, ...record })
  return `${body.slice(0, -1)},"crc":"${checksum(body)}"}`
}

/** The record, or in words what is wrong with the line. */
export function decodeLine(line: string): JournalRecord | string {
  const [tail, crc] = /,"crc":"([0-9a-f]{8})"\}$/.exec(line) ?? []
  if (tail === undefined) return 'it is no whole line'
  const body = `${line.slice(0, -tail.length)}}`
  if (checksum(body) !== crc) return 'its checksum does not fit'
  const read: unknown = JSON.parse(body)
  if (!isMapping(read)) return 'it is no record'
  if (read['v'] !== version) return `it is of version ${String(read['v'])}, this lockstepd reads ${version}`
  return recordIn(read) ?? 'it is no record that this lockstepd knows'
}

/** The lines of a snapshot: to be written to a file of their own, synced, and renamed over the last one. */
export function* snapshotLines(stamp: Stamp, entries: readonly Entry[]): Generator<string> {
  yield encodeLine({ ...stamp, kind: 'snapshot', count: entries.length })
  for (const data of entries) yield encodeLine({ ...stamp, kind: 'entry', data })
}

const version = 1

/** CRC-32 of ISO 3309, as in gzip: eight hex digits. */
const checksum = (text: string) => crc32(text).toString(16).padStart(8, '0')

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * What the checksum has let through was written by us, so the parts that the reader branches on are enough. Each object is
 * made in one piece: a large book is read a second faster than with copies.
 */
function recordIn(read: Readonly<Record<string, unknown>>): JournalRecord | undefined {
  const happening = happeningIn(read)
  const { seq, epoch, boot, utc, mono } = read as unknown as Stamp
  if (happening === undefined || typeof boot !== 'string') return undefined
  if (![seq, epoch, utc, mono].every(Number.isSafeInteger)) return undefined
  return Object.assign({ seq, epoch, boot, utc, mono }, happening)
}

function happeningIn({ kind, rid, from, to, data, count }: Readonly<Record<string, unknown>>): Happening | undefined {
  if (kind === 'start') return { kind }
  if (kind === 'snapshot') return typeof count === 'number' ? { kind, count } : undefined
  if (kind === 'forget') return typeof rid === 'string' ? { kind, rid } : undefined
  if (!isEntry(data)) return undefined
  if (kind === 'entry') return { kind, data: entryIn(data) }
  if (kind !== 'change' || rid !== data.rid || to !== data.state || !(from === null || isState(from))) return undefined
  return { kind, rid: data.rid, from, to: data.state, data: entryIn(data) }
}

const isEntry = (read: unknown): read is Entry =>
  isMapping(read) && typeof read['rid'] === 'string' && isState(read['state']) && isMapping(read['window'])

const isState = (read: unknown): read is State => known.has(read)
const known: ReadonlySet<unknown> = new Set(states)

/** With what JSON leaves out because it is not there. */
const entryIn = (read: Entry): Entry => ({
  rid: read.rid,
  gid: read.gid,
  state: read.state,
  identity: read.identity,
  class: read.class,
  kind: read.kind,
  block: read.block,
  within: read.within,
  start: read.start,
  duration: read.duration,
  margins: read.margins,
  window: read.window,
  claims: read.claims,
  uses: read.uses,
  ports: read.ports,
  lapsesAt: read.lapsesAt,
  armBy: read.armBy,
  digest: read.digest,
  onDisconnect: read.onDisconnect,
  ran: read.ran,
  ending: read.ending,
  overstays: read.overstays,
  reason: read.reason,
  requests: read.requests,
  epoch: read.epoch,
  details: read.details,
})
