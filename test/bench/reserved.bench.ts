import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Lab } from '../../src/lab/lab.ts'
import { endpointsOn } from '../fixtures/endpoints.ts'
import { hostNamed, sshTo, withLab } from '../fixtures/lab.ts'
import { timed } from './program.ts'
import { type Extent, inSeconds, median, type Row, spread } from './row.ts'

/** Of BWCTL 1.6.7 between two idle hosts, 7.8 s without a daemon of its own; measured when it was read. */
const bwctl = { overhead: 5.5, apart: 7 }

/** What must hold however busy the machine is. */
const mostOverheadS = bwctl.overhead
const mostApartS = bwctl.apart

/** A test of a second between two idle shared hosts, beside the same by hand over ssh; and two of two seconds in a row. */
export const bench = ({ short, interrupted }: Extent): Promise<readonly Row[]> =>
  withLab({ hosts: ['A', 'B'] }, async lab => {
    const endpoints = await endpointsOn(lab)
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
    try {
      const took = { ours: [] as number[], bare: [] as number[], apart: [] as number[] }
      for (let round = 0; round < (short ? 1 : 7); round++) {
        interrupted.throwIfAborted()
        took.bare.push((await bareTest(lab)) - 1_000)
        took.ours.push((await reservedFlows(folder, endpoints.as('alice'), 1, 1)) - 1_000)
        await reservedFlows(folder, endpoints.as('alice'), 2, 2)
        took.apart.push(apartIn(folder))
      }
      return rowsOf(took)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

/** The ms that the program takes from its start to its end, with flows of so many seconds on the same two hosts. */
function reservedFlows(folder: string, as: readonly string[], count: number, seconds: number): Promise<number> {
  const flows = Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`f${i}`, { from: 'A', to: 'B', tool: 'iperf3', time: `${seconds}s` }]),
  )
  const file = join(folder, 'flows.yml')
  writeFileSync(file, JSON.stringify({ hosts: ['A', 'B'], sync: 'none', reserve: { what: 'flows' }, flows })) // JSON is YAML
  const argv = [process.execPath, resolve('bin/lockstep.js'), 'run', file, ...as, '--runs', join(folder, 'runs')]
  return timed(argv, folder)
}

/** ms between the starts of the two flows of the newest run. */
function apartIn(folder: string): number {
  const newest = readdirSync(join(folder, 'runs')).toSorted().at(-1) ?? ''
  const { flows } = JSON.parse(readFileSync(join(folder, 'runs', newest, 'result.json'), 'utf8'))
  const [a, b] = flows.map(({ start }: { start: { due: string } }) => Number(BigInt(start.due) / 1_000_000n))
  return Math.abs(a - b)
}

/** A server and a client by the hands of somebody with a shell: no agreement, no deadline, nothing kept. */
async function bareTest(lab: Lab): Promise<number> {
  const startedAt = performance.now()
  await sshTo(lab, 'B', 'setsid iperf3 --server --one-off --daemon')
  await sshTo(lab, 'A', `iperf3 --client ${hostNamed(lab, 'B').address} --time 1 --json`)
  return performance.now() - startedAt
}

function rowsOf({ ours, bare, apart }: Readonly<Record<'ours' | 'bare' | 'apart', readonly number[]>>): Row[] {
  const [overhead, between] = [median(ours) / 1_000, median(apart) / 1_000]
  return [
    { what: 'iperf3 of 1 s by hand over ssh, without its second', measured: spread(bare) },
    {
      what: 'the same as a reserved test of two shared hosts, ssh and all',
      measured: spread(ours),
      goal: `at most 2 s; BWCTL ${bwctl.overhead} s`,
      asserted: { text: `at most ${mostOverheadS} s`, met: overhead <= mostOverheadS },
    },
    {
      what: 'two of 2 s in a row, from start to start',
      measured: inSeconds(median(apart)),
      goal: `at most 4 s; BWCTL ${bwctl.apart} s`,
      asserted: { text: `at most ${mostApartS} s`, met: between <= mostApartS },
    },
  ]
}
