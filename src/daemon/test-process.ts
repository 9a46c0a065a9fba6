import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { LockstepError } from '../errors/error.ts'
import { deadline, orAborted } from '../transport/deadline.ts'
import type { UtcInstant } from '../units/quantity.ts'
import { type Enclosure, isId, markName, type Place } from './enclosure.ts'
import { type HeldBy, heldProgram } from './held-program.ts'
import { type Capability, limited, type User, unprivileged } from './privileges.ts'
import { bootId, readProcess } from './proc.ts'
import { searchPath } from './programs.ts'
import { type Release, releaseOver } from './release.ts'

export interface TestOrder {
  readonly rid: string
  readonly argv: readonly string[]
  /** Undefined: ours, where the daemon has no privileges to give up. */
  readonly user: User | undefined
  readonly capabilities: readonly Capability[]
  /** Where it runs. */
  readonly folder: string
  /** Files that must not exist yet. */
  readonly stdout: string
  readonly stderr: string
  readonly heldBy: HeldBy
  /** Of its output, and of any other file that it writes. */
  readonly fileOctets: number
}

/** What the journal keeps of a process, so that the next daemon finds it, and no other one. */
export interface Trace {
  readonly rid: string
  readonly boot: string
  readonly pid: number
  readonly startTicks: number
  readonly place: Place
}

/** Started, in its enclosure, and waiting: it ends by itself when we do before its time. */
export interface HeldTest {
  readonly trace: Trace
  readonly enclosure: Enclosure
  /** Lets it become the program at the instant, or at once when that is over. */
  release(at: UtcInstant): Promise<Release>
  /** Not to be started after all. */
  abandon(): void
  /** How its first process ended. */
  readonly exited: Promise<Exit>
}

export interface Exit {
  readonly code: number | undefined
  readonly signal: string | undefined
}

/** A busy host takes its time to start an interpreter. */
const readyWithinMs = 5_000

/** `enclose` is called when there is a process to put into it. */
export async function holdTest(order: TestOrder, enclose: (rid: string) => Promise<Enclosure>): Promise<HeldTest> {
  if (!isId(order.rid)) throw new LockstepError('BOOK_PROCESS', `'${order.rid}' is no id of a reservation`)
  const { child, line, exited } = await start(order)
  let enclosure: Enclosure | undefined
  try {
    const release = await orLate(releaseOver(line, order.heldBy), order.argv)
    const pid = child.pid as number // it has said something
    enclosure = await enclose(order.rid)
    await enclosure.enter(pid)
    return { trace: traceOf(order.rid, pid, enclosure), enclosure, release, exited, abandon: () => line.destroy() }
  } catch (error) {
    line.destroy()
    child.kill('SIGKILL') // it is held, and has no children
    await exited
    await enclosure?.remove()
    throw error
  }
}

/**
 * Starts what a test is started by, once, and lets it go: the first start on a host takes several times as long as the next, and
 * would come out of the time of somebody's test.
 */
export async function warmUp({ user, fileOctets, heldBy }: Pick<TestOrder, 'user' | 'fileOctets' | 'heldBy'>) {
  const held = [...limited(fileOctets), ...heldProgram(heldBy, ['true'])]
  const [program = '', ...words] = user === undefined ? held : [...unprivileged(user, []), ...held]
  const child = spawn(program, words, { env: { PATH: searchPath }, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const exited = exitOf(child)
  const line = child.stdio[3] as Duplex
  line.on('error', () => undefined)
  await spawned(child)
  await orLate(releaseOver(line, heldBy), ['a test']).finally(() => line.destroy())
  await exited
}

async function start({ rid, argv, user, capabilities, folder, stdout, stderr, heldBy, fileOctets }: TestOrder) {
  if (user === undefined && capabilities.length > 0)
    throw new LockstepError('BOOK_PROCESS', `only a daemon that is root can give ${capabilities.join(', ')} to a test`)
  const held = [...limited(fileOctets), ...heldProgram(heldBy, argv)]
  const [program = '', ...words] = user === undefined ? held : [...unprivileged(user, capabilities), ...held]
  const outputs: FileHandle[] = []
  try {
    for (const path of [stdout, stderr]) outputs.push(await openNew(path))
    const child = spawn(program, words, {
      cwd: folder,
      env: { PATH: searchPath, LANG: 'C', HOME: folder, [markName]: rid },
      stdio: ['ignore', ...outputs.map(({ fd }) => fd), 'pipe'],
      detached: true, // a session of its own
    })
    const exited = exitOf(child) // listened for at once: it may end before we have looked
    const line = child.stdio[3] as Duplex | undefined
    line?.on('error', () => undefined) // that it is over says the end of its lines
    await spawned(child)
    return { child, line: line as Duplex, exited }
  } finally {
    await Promise.all(outputs.map(output => output.close()))
  }
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise(resolve => {
    child.once('exit', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }))
  })
}

/** Never through a link that somebody has put there, never onto a file that is there. */
const openNew = (path: string) =>
  open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW | constants.O_APPEND,
    0o640,
  )

async function spawned(child: ChildProcess): Promise<void> {
  try {
    await once(child, 'spawn')
  } catch (cause) {
    throw new LockstepError('BOOK_PROCESS', `a test cannot be started: ${(cause as Error).message}`, { cause })
  }
}

function traceOf(rid: string, pid: number, { place }: Enclosure): Trace {
  const state = readProcess(pid)
  if (state === undefined) throw new LockstepError('BOOK_PROCESS', `process ${pid} of the test has just ended`)
  return { rid, boot: bootId(), pid, startTicks: state.startTicks, place }
}

async function orLate<T>(work: Promise<T>, [program]: readonly string[]): Promise<T> {
  const late = () =>
    new LockstepError('BOOK_PROCESS', `what holds ${program} was not ready in ${readyWithinMs / 1000} s`)
  const limit = deadline(readyWithinMs, late)
  try {
    return await orAborted(work, limit.signal)
  } finally {
    limit.done()
  }
}
