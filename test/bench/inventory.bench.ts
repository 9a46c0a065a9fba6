import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Form, writeFleet } from '../fixtures/fleet.ts'
import { type Extent, inSeconds, inTimes, type Row } from './row.ts'

interface Size {
  readonly hosts: number
  readonly groups: number
}
const all: Size = { hosts: 10_000, groups: 200 }
/** The other program takes its time. */
const fewer: Size = { hosts: 2_000, groups: 40 }
/** Ours measures at about a tenth; a third is what must hold however busy the machine is. */
const leastRatio = 3

/** `--list` of a large inventory with files of variables: ours beside the installed ansible-inventory, in the same run. */
export async function bench({ short, interrupted }: Extent): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'))
  try {
    const rows: Row[] = []
    for (const form of short ? (['ini'] as const) : (['ini', 'yml'] as const)) {
      interrupted.throwIfAborted()
      rows.push(...(await beside(form, folder, short ? fewer : all)))
    }
    return rows
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function beside(form: Form, folder: string, { hosts, groups }: Size): Promise<readonly Row[]> {
  const source = writeFleet(folder, form, hosts, groups)
  const ours = await measured([process.execPath, resolve('bin/lockstep.js'), 'inventory', '-i', source, '--list'])
  const theirs = await measured(['ansible-inventory', '-i', source, '--list'])
  const ratio = theirs.ms / ours.ms
  const what = `${hosts} hosts in ${groups} groups, ${form === 'ini' ? 'INI' : 'YAML'}`
  return [
    { what: `${what}: ansible-inventory --list`, measured: inWords(theirs) },
    {
      what: `${what}: lockstep inventory --list`,
      measured: `${inWords(ours)}, ${inTimes(ratio)} as fast`,
      ...(hosts === all.hosts ? { goal: 'about a second' } : {}),
      asserted: {
        text: `the same list, at least ${leastRatio} times as fast`,
        met: ratio >= leastRatio && ours.stdout === theirs.stdout,
      },
    },
  ]
}

interface Measured {
  readonly ms: number
  /** The most memory that it had at once, in KiB. */
  readonly peakKiB: number
  readonly stdout: string
}

const inWords = ({ ms, peakKiB }: Measured) => `${inSeconds(ms)}, ${(peakKiB / 1024).toFixed(0)} MiB`

async function measured([program = '', ...args]: readonly string[]): Promise<Measured> {
  const startedAt = performance.now()
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  })
  let peakKiB = 0
  // The kernel keeps the peak itself; what is read last is at most one interval old.
  const look = setInterval(() => {
    peakKiB = Math.max(peakKiB, peakOf(child.pid))
  }, 20)
  try {
    const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
    if (code !== 0) throw new Error(`${program} ended with ${code}`)
    return { ms: performance.now() - startedAt, peakKiB, stdout }
  } finally {
    clearInterval(look)
  }
}

/** Of Linux; elsewhere, and when the process has just ended, 0. */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
