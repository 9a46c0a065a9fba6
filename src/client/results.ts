import { createHash } from 'node:crypto'
import { LockstepError } from '../errors/error.ts'
import type { Answers } from '../wire/book-answers.ts'
import { type BrokerSession, isAnswered } from './broker-session.ts'
import { reasonOf, refusalError } from './refusal.ts'

/** What an endpoint has kept of a reservation. */
export interface KeptResult {
  /** What it says of the test: times, exit status; what `lockstepd` writes into a manifest. */
  readonly facts: Readonly<Record<string, unknown>>
  readonly files: ReadonlyMap<string, Buffer>
}

interface ListedFile {
  readonly name: string
  readonly size: number
  /** In hex. */
  readonly sha256: string
}

interface Manifest {
  readonly facts: KeptResult['facts']
  readonly files: readonly ListedFile[]
}

/** Larger files stay where they are. */
const mostOctets = 64 << 20

/** BOOK_RESULT when it is not there, too large, or not what the manifest says. */
export async function fetchResult(session: BrokerSession, rid: string): Promise<KeptResult> {
  const { facts, files } = await manifestOf(session, rid, false)
  return { facts, files: await fetchAll(session, rid, files, false) }
}

/** What the other members have given to this endpoint, by their names; undefined for one that has given nothing. */
export async function fetchCopies(
  session: BrokerSession,
  rid: string,
): Promise<ReadonlyMap<string, KeptResult | undefined>> {
  const { facts, files } = await manifestOf(session, rid, true)
  const peers = facts['peers'] as Readonly<Record<string, PeerNote>> // as lockstepd wrote it
  const found = await fetchAll(session, rid, files, true)
  return new Map(Object.entries(peers).map(([name, note]) => [name, copyOf(note, found)]))
}

type PeerNote =
  | { readonly code: string }
  | { readonly facts: KeptResult['facts']; readonly files: readonly (ListedFile & { readonly as?: string })[] }

function copyOf(note: PeerNote, found: ReadonlyMap<string, Buffer>): KeptResult | undefined {
  if ('code' in note) return undefined
  const files = note.files.flatMap(({ name, as }) => {
    const octets = as === undefined ? undefined : found.get(as)
    return octets === undefined ? [] : [[name, octets] as const]
  })
  return { facts: note.facts, files: new Map(files) }
}

async function manifestOf(session: BrokerSession, rid: string, copies: boolean): Promise<Manifest> {
  const answer = await session.ask('results', { rid, copies })
  if (isAnswered(answer)) return answer['manifest'] as Manifest
  if (answer.code !== 'NOT_HELD') throw refusalError(reasonOf(answer), session.host)
  throw new LockstepError('BOOK_RESULT', `${session.host} has no result of ${rid}, not yet or not any more`)
}

async function fetchAll(session: BrokerSession, rid: string, files: readonly ListedFile[], copies: boolean) {
  const total = files.reduce((sum, { size }) => sum + size, 0)
  if (total > mostOctets)
    throw new LockstepError('BOOK_RESULT', `the result of ${rid} has ${total} octets, more than ${mostOctets}`)
  const fetched = await Promise.all(
    files.map(async file => [file.name, await fetchFile(session, rid, file, copies)] as const),
  )
  return new Map(fetched)
}

async function fetchFile(session: BrokerSession, rid: string, file: ListedFile, copies: boolean): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let offset = 0; offset < file.size; ) {
    const answer = await session.ask('results', { rid, file: file.name, offset, copies })
    if (!isAnswered(answer)) throw refusalError(reasonOf(answer), session.host)
    const { octets } = answer as unknown as Extract<Answers['results'], { octets: string }>
    const part = Buffer.from(octets, 'base64')
    if (part.length === 0) break
    parts.push(part)
    offset += part.length
  }
  const whole = Buffer.concat(parts)
  if (createHash('sha256').update(whole).digest('hex') === file.sha256) return whole
  throw new LockstepError('BOOK_RESULT', `${file.name} of ${rid} did not arrive as ${session.host} has it`)
}
