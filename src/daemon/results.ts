import { mkdir, readdir, readFile, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import { replaceFile } from './durable.ts'
import { isId } from './enclosure.ts'
import {
  describeFiles,
  isResultName,
  manifestName,
  type ResultFile,
  readPlain,
  refused,
  writeNew,
} from './result-files.ts'

export interface ResultLimits {
  /** How long a result is kept. */
  readonly ttlMs: number
  /** Of all that is kept: beyond it the oldest go first. */
  readonly quotaOctets: number
  /** Of one file that is brought in. */
  readonly fileOctets: number
  /** What has to stay free on the disk. */
  readonly freeOctets: number
}

/** What is known of a test besides its files: status, times, clock. JSON. */
export type Facts = Readonly<Record<string, unknown>>

export interface Manifest {
  readonly rid: string
  /** UTC, ms: from then on it is whole. */
  readonly sealedAt: number
  readonly facts: Facts
  readonly files: readonly ResultFile[]
}

/** A folder per reservation, in a folder that only the daemon can open. */
export interface Results {
  /** Refuses when the disk is nearly full. */
  room(): Promise<void>
  /** The folder of a test that is about to start, for files that are made in it. Refuses when the disk is nearly full. */
  begin(rid: string): Promise<string>
  /** Takes a file that the test has left in its own folder. */
  collect(rid: string, from: string, name: string): Promise<void>
  /** Takes what a peer has sent. */
  put(rid: string, name: string, chunks: AsyncIterable<Buffer>): Promise<void>
  /** Nothing is added any more. */
  seal(rid: string, facts: Facts): Promise<Manifest>
  manifest(rid: string): Promise<Manifest | undefined>
  /** A file that the manifest has. */
  read(rid: string, name: string): AsyncIterable<Buffer>
  /** Takes away what is too old and, oldest first, what is too much; gives the reservations. A test under way stays. */
  evict(): Promise<readonly string[]>
}

/** `now` is UTC in ms. */
export async function openResults(root: string, limits: ResultLimits, now: () => number): Promise<Results> {
  await mkdir(root, { recursive: true, mode: 0o700 })
  const folderOf = (rid: string) => {
    if (!isId(rid)) throw refused(`'${rid}'`, 'is no id of a reservation')
    return join(root, rid)
  }
  const fileOf = (rid: string, name: string) => {
    if (!isResultName(name) || name === manifestName) throw refused(`'${name}'`, 'is no name of a result')
    return join(folderOf(rid), name)
  }
  const put: Results['put'] = async (rid, name, chunks) => {
    const path = fileOf(rid, name)
    if ((await manifestIn(folderOf(rid))) !== undefined) throw refused(folderOf(rid), 'is complete')
    await checkSpace(root, limits.freeOctets)
    await writeNew(path, chunks, limits.fileOctets)
  }
  return {
    room: () => checkSpace(root, limits.freeOctets),
    begin: async rid => {
      await checkSpace(root, limits.freeOctets)
      await mkdir(folderOf(rid), { mode: 0o700 })
      return folderOf(rid)
    },
    collect: async (rid, from, name) => put(rid, name, readPlain(join(from, nameOf(name)))),
    put,
    seal: async (rid, facts) => {
      const folder = folderOf(rid)
      const manifest = { rid, sealedAt: now(), facts, files: await describeFiles(folder) }
      await replaceFile(join(folder, manifestName), [JSON.stringify(manifest)])
      return manifest
    },
    manifest: async rid => manifestIn(folderOf(rid)),
    async *read(rid, name) {
      yield* readListed(folderOf(rid), fileOf(rid, name), name)
    },
    evict: () => evict(root, limits, now()),
  }
}

const nameOf = (name: string): string => {
  if (!isResultName(name)) throw refused(`'${name}'`, 'is no name of a result')
  return name
}

async function* readListed(folder: string, path: string, name: string): AsyncGenerator<Buffer> {
  const manifest = await manifestIn(folder)
  if (manifest?.files.some(file => file.name === name) !== true) throw refused(`'${name}'`, 'is no file of this result')
  yield* readPlain(path)
}

async function manifestIn(folder: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, manifestName), 'utf8')) as Manifest // written by us, whole
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function checkSpace(root: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(root)
  const free = bavail * bsize
  if (free >= needed) return
  throw new LockstepError('BOOK_DISK', `${free} octets are free for results, at least ${needed} have to be`)
}

async function evict(root: string, { ttlMs, quotaOctets }: ResultLimits, now: number): Promise<readonly string[]> {
  const kept: Manifest[] = []
  for (const rid of await readdir(root)) {
    const manifest = isId(rid) ? await manifestIn(join(root, rid)) : undefined
    if (manifest !== undefined) kept.push(manifest)
  }
  kept.sort((a, b) => b.sealedAt - a.sealedAt || (a.rid < b.rid ? 1 : -1))
  let octets = 0
  const gone = kept.filter(({ sealedAt, files }) => {
    octets += files.reduce((sum, { size }) => sum + size, 0)
    return now - sealedAt >= ttlMs || octets > quotaOctets
  })
  for (const { rid } of gone) await rm(join(root, rid), { recursive: true })
  return gone.map(({ rid }) => rid).reverse()
}
