import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LockstepError } from '../errors/error.ts'
import { attempt } from './program.ts'

const run = promisify(execFile)

/** The three programs of the lab's clocks, compiled. */
export interface ClockPrograms {
  /** libvclock.so: preloaded into every program of a lab host. */
  readonly preload: string
  /** Makes, moves and reads clocks from outside; linked statically, so that nothing is preloaded into it. */
  readonly tool: string
  /** Pid 1 of a lab host, linked statically. */
  readonly init: string
}

/** How a host's two clocks start and how its oscillators err. */
export interface ClockStart {
  /** Ahead of the machine's CLOCK_REALTIME. */
  readonly systemOffsetNs: bigint
  /** Ahead of the machine's CLOCK_REALTIME + 37 s. */
  readonly phcOffsetNs: bigint
  readonly systemDriftPpb: number
  readonly phcDriftPpb: number
}

export type ClockName = 'system' | 'phc'

/** Both clocks of one host at an instant that is the same for all hosts of one reading. */
export interface ClockTruth {
  /** The state file. */
  readonly state: string
  /** CLOCK_MONOTONIC_RAW of the machine, the same for all of one reading. */
  readonly rawNs: bigint
  /** CLOCK_REALTIME of the host, ns since 1970 UTC. */
  readonly systemNs: bigint
  /** Ns since 1970 TAI when it is in step. */
  readonly phcNs: bigint
  /** The offset of CLOCK_TAI from CLOCK_REALTIME that the host's kernel would tell, s. */
  readonly taiOffset: number
}

const shared = ['clock.c', 'state.c', 'frames.c', 'timex.c']
interface Product {
  readonly flags: readonly string[]
  readonly sources: readonly string[]
}

const products: Readonly<Record<string, Product>> = {
  'libvclock.so': {
    flags: ['-shared', '-fPIC', '-fvisibility=hidden'],
    sources: [
      ...['real.c', 'time.c', 'adjust.c', 'sleep.c', 'syscall.c', 'device.c', 'sockets.c'],
      ...['poll.c', 'queue.c', 'stamps.c', 'track.c', ...shared],
    ],
  },
  vclock: { flags: ['-static'], sources: ['tool.c', 'kernel.c', ...shared] },
  'lab-init': { flags: ['-static'], sources: ['init.c'] },
}
const flags = ['-std=gnu11', '-O2', '-D_GNU_SOURCE', '-U_FORTIFY_SOURCE', '-Wall', '-Wextra', '-Werror']

interface CompileRequest {
  readonly root: string
  readonly into: string
  /** Descriptors that the compiler inherits: a lock is then held until it has ended, even if we have not lived so long. */
  readonly inherit?: readonly number[]
}

/**
 * Compiles `<root>/src/lab/vclock/` into a folder of `into` that is named after the sources' hash: whole or not at all,
 * and only when it is not there yet.
 */
export async function compileClocks({ root, into, inherit = [] }: CompileRequest): Promise<ClockPrograms> {
  const from = join(root, 'src', 'lab', 'vclock')
  await mkdir(into, { recursive: true })
  const folder = join(into, `vclock-${await hashOf(from)}`)
  const built = await readdir(folder).catch(() => [])
  if (built.length === 0) await buildWhole(from, into, folder, inherit)
  return { preload: join(folder, 'libvclock.so'), tool: join(folder, 'vclock'), init: join(folder, 'lab-init') }
}

export async function createClock(tool: string, state: string, start: ClockStart): Promise<void> {
  const { systemOffsetNs, phcOffsetNs, systemDriftPpb, phcDriftPpb } = start
  const options = [
    ...['--system-offset', `${systemOffsetNs}`, '--phc-offset', `${phcOffsetNs}`],
    ...['--system-drift', `${systemDriftPpb}`, '--phc-drift', `${phcDriftPpb}`],
  ]
  await ask(tool, ['create', state, ...options])
}

/** Makes the frame table that all hosts of a lab share: PTP frames then have exact stamps over a wire of `delayNs`. */
export async function createFrames(tool: string, file: string, wire: { delayNs?: number; jitterNs?: number } = {}) {
  const { delayNs = 500, jitterNs = 20 } = wire
  await ask(tool, ['frames', file, '--delay', `${delayNs}`, '--jitter', `${jitterNs}`])
}

export async function stepClock(tool: string, state: string, clock: ClockName, byNs: bigint): Promise<void> {
  await ask(tool, ['step', state, clock, `${byNs}`])
}

/** Gives the clock's oscillator another error; what a servo has set stays. */
export async function driftClock(tool: string, state: string, clock: ClockName, ppb: number): Promise<void> {
  await ask(tool, ['drift', state, clock, `${ppb}`])
}

/** Reads the clocks of all hosts at one instant. */
export async function readTruth(tool: string, states: readonly string[]): Promise<readonly ClockTruth[]> {
  if (states.length === 0) return []
  const lines = (await ask(tool, ['truth', ...states])).trimEnd().split('\n')
  return lines.map((line, i) => {
    const { raw, systemNs, phcNs, taiOffset } = JSON.parse(line) as Readonly<
      Record<'raw' | 'systemNs' | 'phcNs', string>
    > & {
      readonly taiOffset: number
    }
    const state = states[i] ?? ''
    return { state, rawNs: BigInt(raw), systemNs: BigInt(systemNs), phcNs: BigInt(phcNs), taiOffset }
  })
}

async function hashOf(folder: string): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([products, flags]))
  for (const name of (await readdir(folder)).sort()) hash.update(name).update(await readFile(join(folder, name)))
  return hash.digest('hex').slice(0, 16)
}

async function buildWhole(from: string, into: string, folder: string, inherit: readonly number[]): Promise<void> {
  const fresh = await mkdtemp(join(into, '.vclock-'))
  try {
    const compiling = Object.entries(products).map(([name, product]) =>
      compile(from, join(fresh, name), product, inherit),
    )
    // All have ended before the folder is removed under them.
    await Promise.allSettled(compiling)
    await Promise.all(compiling)
    await chmod(fresh, 0o755)
    await rename(fresh, folder)
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    // Somebody else has built the same meanwhile.
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error
  }
}

async function compile(from: string, to: string, product: Product, inherit: readonly number[]): Promise<void> {
  const argv = ['cc', ...flags, ...product.flags, '-o', to, ...product.sources.map(name => join(from, name))]
  const hint = 'the Debian packages gcc and libc6-dev are needed'
  const { code, stderr } = await attempt(argv, { inherit, path: process.env['PATH'] }).catch(error => {
    if (codeOf(error) !== 'ENOENT') throw error
    throw new LockstepError('LAB_COMPILER', "there is no C compiler to build the lab's clocks with", {
      hint,
      cause: error,
    })
  })
  if (code !== 0) throw new LockstepError('LAB_COMPILER', `the lab's clocks do not compile: ${stderr.trim()}`, { hint })
}

async function ask(tool: string, argv: readonly string[]): Promise<string> {
  try {
    return (await run(tool, argv)).stdout
  } catch (error) {
    throw new LockstepError('LAB_CLOCK', stderrOf(error), { cause: error })
  }
}

const codeOf = (error: unknown) => (error as { code?: unknown }).code
const stderrOf = (error: unknown) =>
  (error as { stderr?: string }).stderr?.trim().replace(/^vclock: /, '') || (error as Error).message
