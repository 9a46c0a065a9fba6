import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { labStatus } from '../../src/lab/status.ts'
import { withLab } from '../fixtures/lab.ts'
import { timed } from './program.ts'
import { type Extent, inSeconds, type Row } from './row.ts'
import { eventsIn, type Lines } from './run-events.ts'
import { startSpread } from './start-spread.ts'

const many = 16
const trafficMs = 2_000
const names = Array.from({ length: many }, (_, i) => `n${i + 1}`)

export const bench = async (extent: Extent): Promise<readonly Row[]> => [
  ...(await manyFlows(extent)),
  ...(await startSpread(extent)),
]

/** Every host sends to the next one at once, by iperf3: what a run of many flows takes beyond its traffic. */
const manyFlows = ({ interrupted }: Extent): Promise<readonly Row[]> =>
  withLab({ hosts: names }, async lab => {
    interrupted.throwIfAborted()
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
    try {
      const flows = Object.fromEntries(names.map((from, i) => [`f${i + 1}`, { from, to: names[(i + 1) % many] }]))
      const iperf3 = { time: `${trafficMs / 1_000}s`, bitrate: '1M' }
      writeFileSync(join(folder, 'ring.yml'), JSON.stringify({ hosts: 'all', sync: 'none', iperf3, flows }))
      const argv = ['run', 'ring.yml', '-i', lab.inventory, '--runs', 'runs']
      await timed([process.execPath, resolve('bin/lockstep.js'), ...argv], folder)
      const { hosts } = await labStatus(lab.name)
      // How far each system clock is ahead of the time that is the same for all.
      const ahead = new Map(hosts.map(({ name, phcOffset, systemOffset }) => [name, phcOffset + systemOffset]))
      return rowsOf(eventsIn(join(folder, 'runs')), ahead)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

function rowsOf(events: Lines, ahead: ReadonlyMap<string, bigint>): readonly Row[] {
  const at = (kind: string, phase: string) =>
    Date.parse(events.find(event => event.kind === kind && 'phase' in event && event.phase === phase)?.at ?? '')
  const beyond = at('phase_ended', 'collect') - at('phase_started', 'traffic') - trafficMs
  const starts = events.flatMap(event =>
    event.kind === 'sender_started' && event.released !== undefined ? [{ ...event, released: event.released }] : [],
  )
  const late = starts.map(({ released, due }) => BigInt(released) - BigInt(due))
  const truly = starts.map(({ host, released }) => BigInt(released) - (ahead.get(host) ?? 0n))
  const measured = events.filter(({ kind }) => kind === 'flow_figures').length
  return [
    {
      what: `${many} flows of iperf3 on ${many} hosts, from the gate until all is collected, beyond their traffic`,
      measured: inSeconds(beyond),
      goal: 'at most 2.00 s',
      asserted: { text: 'every flow has its figures', met: measured === many },
    },
    { what: 'the last of their senders was let go late, by its own clock', measured: inUs(most(late)) },
    {
      what: 'from the first sender to the last, by true time, on hosts whose clocks are not in step',
      measured: inUs(most(truly) + most(truly.map(start => -start))),
    },
  ]
}

const most = (values: readonly bigint[]) => values.reduce((a, b) => (a > b ? a : b))
const inUs = (ns: bigint) => `${(Number(ns) / 1e3).toFixed(1)} us`
