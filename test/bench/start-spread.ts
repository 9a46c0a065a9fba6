import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { labStatus } from '../../src/lab/status.ts'
import type { RunEvent } from '../../src/runner/events.ts'
import { onHost } from '../fixtures/host-state.ts'
import { hostNamed, withLab } from '../fixtures/lab.ts'
import { timed } from './program.ts'
import { type Extent, median, type Row } from './row.ts'

/** How far apart two programs start, and how late each is, on two hosts whose clocks ptp4l and phc2sys keep in step. */
export const startSpread = ({ short, interrupted }: Extent): Promise<readonly Row[]> =>
  withLab({ hosts: ['A', 'B', 'C'], fastPtp: true }, async lab => {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
    try {
      for (const host of lab.hosts) onHost(host, 'sh', '-ec', keepTime)
      writeFileSync(join(folder, 'pair.yml'), JSON.stringify(playbook))
      const runs = short ? 5 : 30
      const [released, looped]: [Pair[], Pair[]] = [[], []]
      for (let run = 1; run <= runs; run++) {
        interrupted.throwIfAborted()
        const truth = sampledTruth(lab.name)
        const argv = ['run', 'pair.yml', '-i', lab.inventory, '--runs', `runs-${run}`]
        try {
          await timed([process.execPath, resolve('bin/lockstep.js'), ...argv], folder)
        } finally {
          await truth.stop()
        }
        released.push(pairIn(join(folder, `runs-${run}`), truth.at))
        looped.push(await loopOn(lab.name, [hostNamed(lab, 'A').pid, hostNamed(lab, 'B').pid]))
      }
      return rowsOf(released, looped)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

/** They stay until the lab goes, so that every gate but the first opens at once. */
const keepTime = `
setsid ptp4l -i eth0 -2 -P --step_threshold 0.00002 </dev/null >/dev/null 2>&1 &
setsid phc2sys -a -rr --step_threshold 0.00002 </dev/null >/dev/null 2>&1 &`

/** phc_ctl compares less exactly than the clocks are kept. */
const playbook = {
  hosts: 'all',
  sync: { gate: { offset: '20us', good: 3, timeout: '90s' } },
  ping: { c: 5, i: '200ms' },
  flows: { a: { from: 'A', to: 'C' }, b: { from: 'B', to: 'C' } },
}

/** Starts by the hosts' clocks with how far those were ahead of the lab's own time, ns. */
interface Pair {
  /** How late each was, by its own clock. */
  readonly late: readonly number[]
  /** From the first to the last, by true time. */
  readonly apart: number
}

type Ahead = ReadonlyMap<string, bigint>

async function aheadNow(lab: string): Promise<Ahead> {
  const { hosts } = await labStatus(lab)
  return new Map(hosts.map(({ name, phcOffset, systemOffset }) => [name, phcOffset + systemOffset]))
}

/** Reads the lab's clocks again and again; `at` gives the reading nearest to a time of the controller. */
function sampledTruth(lab: string): { at: (ms: number) => Ahead; stop: () => Promise<void> } {
  const samples: { readonly ms: number; readonly ahead: Ahead }[] = []
  let isOver = false
  const sampling = (async () => {
    while (!isOver) {
      samples.push({ ms: Date.now(), ahead: await aheadNow(lab) })
      await new Promise(done => setTimeout(done, 100))
    }
  })()
  return {
    at: ms => {
      const [nearest] = samples.toSorted((a, b) => Math.abs(a.ms - ms) - Math.abs(b.ms - ms))
      if (nearest === undefined) throw new Error('the clocks of the lab were never read')
      return nearest.ahead
    },
    stop: async () => {
      isOver = true
      await sampling
    },
  }
}

function pairIn(runs: string, truthAt: (ms: number) => Ahead): Pair {
  const [run = ''] = readdirSync(runs)
  const lines = readFileSync(join(runs, run, 'events.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
  const events: (RunEvent & { readonly at: string })[] = lines.map(line => JSON.parse(line))
  const begun = events.find(({ kind }) => kind === 'traffic_started')?.at ?? ''
  // The senders are let go about a second after that event at most.
  const ahead = truthAt(Date.parse(begun) + 500)
  const starts = events.flatMap(event =>
    event.kind === 'sender_started' && event.released !== undefined
      ? [{ host: event.host, due: BigInt(event.due), at: BigInt(event.released) }]
      : [],
  )
  if (starts.length !== 2) throw new Error(`${starts.length} of 2 senders say when they were let go`)
  return pairOf(starts, ahead)
}

interface Start {
  readonly host: string
  readonly due: bigint
  readonly at: bigint
}

function pairOf(starts: readonly Start[], ahead: Ahead): Pair {
  const truly = starts.map(({ host, at }) => Number(at - (ahead.get(host) ?? 0n) - (starts[0]?.at ?? 0n)))
  return { late: starts.map(({ at, due }) => Number(at - due)), apart: Math.max(...truly) - Math.min(...truly) }
}

/** What is written in a script when there is nothing better, told the same instant on both hosts. */
const loop = 'while [ "$(date +%s%N)" -lt "$0" ]; do sleep 0.01; done; date +%s%N'

async function loopOn(lab: string, pids: readonly (number | undefined)[]): Promise<Pair> {
  const inside = (pid: number | undefined, ...argv: readonly string[]) =>
    said(spawn('nsenter', ['--target', `${pid}`, '--mount', '--uts', '--ipc', '--net', '--pid', '--', ...argv]))
  const now = await inside(pids[0], 'date', '+%s%N')
  const due = BigInt(now) + 700_000_000n
  const [ahead, ...printed] = await Promise.all([
    aheadNow(lab),
    ...pids.map(pid => inside(pid, 'sh', '-c', loop, `${due}`)),
  ])
  return pairOf(
    printed.map((text, i) => ({ host: i === 0 ? 'A' : 'B', due, at: BigInt(text) })),
    ahead,
  )
}

async function said(child: ChildProcess): Promise<string> {
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (text += part))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`a command on a host of the lab ended with ${code}`)
  return text.trim()
}

function rowsOf(released: readonly Pair[], looped: readonly Pair[]): readonly Row[] {
  // Two loops may be as late as each other by chance, or because the machine is busy.
  const own = median(released.map(({ apart }) => apart))
  const plain = median(looped.flatMap(({ late }) => late))
  return [
    {
      what: 'two senders on two hosts in step, apart by true time',
      measured: spreadOf(released.map(({ apart }) => apart)),
      asserted: { text: 'nearer than a shell loop is to its instant', met: own < plain },
    },
    { what: 'each of them let go late, by its own clock', measured: spreadOf(released.flatMap(({ late }) => late)) },
    {
      what: 'two shell loops that wait for one instant on the same hosts, apart by true time',
      measured: spreadOf(looped.map(({ apart }) => apart)),
    },
    { what: 'each of them late, by its own clock', measured: spreadOf(looped.flatMap(({ late }) => late)) },
  ]
}

function spreadOf(ns: readonly number[]): string {
  const sorted = ns.toSorted((a, b) => a - b)
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN
  return `median ${inUs(median(ns))}, p99 ${inUs(p99)} (${ns.length})`
}

const inUs = (ns: number) => (ns < 1e6 ? `${(ns / 1e3).toFixed(1)} us` : `${(ns / 1e6).toFixed(1)} ms`)
