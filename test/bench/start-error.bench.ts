import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launch, readLaunch } from '../../src/tools/launcher.ts'
import { type UtcInstant, utc } from '../../src/units/quantity.ts'
import { type Extent, median, type Row } from './row.ts'

/** Enough for every way to be ready in time on a machine that is not overloaded. */
const leadMs = 250
/** The program that is started: it says when it looked at the clock first. */
const clock = ['date', '+%s%N']

/** How late programs start that are to start at an instant, ms. */
export async function bench({ short, interrupted }: Extent): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'start-error-'))
  const times = short ? 20 : 100
  const repeat = async <T>(once: () => Promise<T>): Promise<T[]> => {
    const results: T[] = []
    while (results.length < times) {
      interrupted.throwIfAborted()
      results.push(await once())
    }
    return results
  }
  try {
    const launched = await repeat(() => byLauncher(folder, 0, inAMoment()))
    const looped = await repeat(() => byLoop(inAMoment()))
    const pairs = await repeat(async () => {
      const at = inAMoment()
      const [a, b] = await Promise.all([byLauncher(folder, 1, at), byLauncher(folder, 2, at)])
      return Math.abs(a.released - b.released)
    })
    const released = launched.map(each => each.released)
    const [own, plain] = [median(launched.map(each => each.ran)), median(looped)]
    const isBetter = { text: 'the launcher is nearer than a shell loop', met: own < plain }
    return [
      { what: 'launcher, from the instant to the release', measured: spreadOf(released) },
      {
        what: 'launcher, from the instant into the program',
        measured: spreadOf(launched.map(each => each.ran)),
        asserted: isBetter,
      },
      { what: 'a shell loop of date and sleep, into the program', measured: spreadOf(looped) },
      { what: 'two launchers at once, their releases apart', measured: spreadOf(pairs) },
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const inAMoment = (): UtcInstant => utc(BigInt(Date.now() + leadMs) * 1_000_000n)

async function byLauncher(folder: string, index: number, at: UtcInstant): Promise<{ released: number; ran: number }> {
  const outputFile = join(folder, `${index}`)
  const { stderr } = await run(launch(clock, { at, outputFile }))
  const { released, fault } = readLaunch(stderr)
  if (released === undefined) throw new Error(fault ?? stderr)
  return { released: lateness(released, at), ran: lateness(BigInt(readFileSync(outputFile, 'utf8').trim()), at) }
}

/** What is written in a script when there is nothing better. */
async function byLoop(at: UtcInstant): Promise<number> {
  const loop = 'while [ "$(date +%s%N)" -lt "$0" ]; do sleep 0.01; done; exec "$@"'
  const { stdout } = await run(['sh', '-c', loop, String(at), ...clock])
  return lateness(BigInt(stdout.trim()), at)
}

const lateness = (when: bigint, at: UtcInstant) => Number(when - at) / 1e6

async function run([program = '', ...args]: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
  await once(child, 'close')
  return said
}

function spreadOf(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN
  return `${inMs(median(values))}, p99 ${inMs(p99)} (${values.length} runs)`
}

const inMs = (ms: number) => (ms < 1 ? `${(ms * 1000).toFixed(1)} us` : `${ms.toFixed(1)} ms`)
