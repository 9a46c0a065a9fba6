import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Lab } from '../../src/lab/lab.ts'
import { withLab } from '../fixtures/lab.ts'
import { commandsOverSsh } from './bare-ssh.ts'
import { type Extent, inSeconds, inTimes, median, type Row } from './row.ts'
import { eventsIn } from './run-events.ts'

const trafficMs = 50
const goalMs = 30
/** What must hold however busy the machine is. */
const mostOfFloor = 20
const mostGrowthMiB = 100

const command = ['sh', '-c', `sleep ${trafficMs / 1_000}; echo n 1`]

/** An experiment of many short cells with a program that does next to nothing: what a cell costs beyond its test. */
export const bench = ({ short, interrupted }: Extent): Promise<readonly Row[]> =>
  withLab({ hosts: ['A', 'C'] }, async lab => {
    interrupted.throwIfAborted()
    const cells = short ? 60 : 1_000
    const alone = { ...lab, hosts: lab.hosts.slice(0, 1) }
    const connecting = await commandsOverSsh(alone, [])
    const floors = await commandsOverSsh(
      alone,
      Array.from({ length: 20 }, () => command),
    )
    const floorMs = (floors - connecting) / 20 - trafficMs
    const { startedAt, memory } = await runCells(lab, cells)
    const each = startedAt.slice(1).map((at, i) => at - (startedAt[i] ?? 0) - trafficMs)
    const overheadMs = median(each)
    const growth = growthOf(memory)
    return [
      {
        what: `each of ${startedAt.length} cells of ${trafficMs} ms, beyond its test`,
        measured: `${inSeconds(overheadMs)}, ${inTimes(overheadMs / floorMs)} a bare command over ssh`,
        goal: `at most ${inSeconds(goalMs)}`,
        asserted: {
          text: `all were run, at most ${mostOfFloor} times`,
          met: startedAt.length === cells && overheadMs <= mostOfFloor * floorMs,
        },
      },
      { what: 'the same command over ssh, one after the other, beyond its 50 ms', measured: inSeconds(floorMs) },
      {
        what: 'memory from the first fifth of them to the last',
        measured: `${growth < 0 ? '' : '+'}${growth.toFixed(0)} MiB, at most ${Math.max(...memory).toFixed(0)} MiB`,
        asserted: { text: `at most ${mostGrowthMiB} MiB more`, met: growth <= mostGrowthMiB },
      },
    ]
  })

/** When each cell began, ms, and the memory that the process had resident meanwhile, MiB, five times a second. */
async function runCells(lab: Lab, cells: number) {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
  try {
    writeFileSync(join(folder, 'cells.yml'), JSON.stringify(playbookOf(cells)))
    const argv = ['run', 'cells.yml', '-i', lab.inventory, '--runs', 'runs']
    const child = spawn(process.execPath, [resolve('bin/lockstep.js'), ...argv], { cwd: folder, stdio: 'ignore' })
    const memory: number[] = []
    const look = setInterval(() => memory.push(...residentOf(child.pid ?? 0)), 200)
    const [code] = await once(child, 'close')
    clearInterval(look)
    if (code !== 0) throw new Error(`lockstep ended with ${code}`)
    return { startedAt: startsIn(join(folder, 'runs')), memory }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const playbookOf = (cells: number) => ({
  ...{ name: 'Cells', hosts: 'all', sync: 'none', vars: { x: 0 } },
  matrix: { 'vars.x': Array.from({ length: cells }, (_, x) => x) },
  flows: {
    f: {
      ...{ from: 'A', to: 'C', tool: 'command' },
      command: { sender: [...command, '{{ x }}'], lasts: `${trafficMs}ms`, figures: { n: { regex: 'n (\\d+)' } } },
    },
  },
})

function residentOf(pid: number): number[] {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kib === undefined ? [] : [Number(kib) / 1024]
  } catch {
    return [] // it has just ended
  }
}

/** A garbage collector makes a saw of it, so the lowest of each end is compared; before the first fifth it is still growing. */
function growthOf(memory: readonly number[]): number {
  const fifth = Math.max(1, Math.floor(memory.length / 5))
  const lowest = (from: number) => Math.min(...memory.slice(from, from + fifth))
  return lowest(memory.length - fifth) - lowest(fifth)
}

const startsIn = (runs: string): number[] =>
  eventsIn(runs).flatMap(({ kind, at }) => (kind === 'cell_started' ? [Date.parse(at)] : []))
