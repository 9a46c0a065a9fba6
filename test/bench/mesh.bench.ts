import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Lab } from '../../src/lab/lab.ts'
import { hostNamed, sshTo, withLab } from '../fixtures/lab.ts'
import { timed } from './program.ts'
import { type Extent, inSeconds, inTimes, median, type Row } from './row.ts'
import { eventsIn, type Lines } from './run-events.ts'

const goal = 1.25
/** What must hold however busy the machine is. */
const mostOfFloor = 8

/** A mesh in both directions of tests of one second behind one gate, beside as many bare tests as there are rounds. */
export const bench = async (extent: Extent): Promise<readonly Row[]> => {
  const hosts = Array.from({ length: extent.short ? 4 : 16 }, (_, i) => `n${i + 1}`)
  return withLab({ hosts, fastPtp: true }, async lab => {
    const bareMs = await bareTest(lab)
    const rows: Row[] = []
    for (const limit of extent.short ? [1] : [1, 2]) {
      extent.interrupted.throwIfAborted()
      rows.push(...(await oneMesh(lab, limit, bareMs)))
    }
    return [{ what: 'a bare iperf3 of one second between two of the hosts', measured: inSeconds(bareMs) }, ...rows]
  })
}

async function oneMesh(lab: Lab, limit: number, bareMs: number): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
  try {
    writeFileSync(join(folder, 'mesh.yml'), JSON.stringify(playbookOf(limit)))
    const argv = ['run', 'mesh.yml', '-i', lab.inventory, '--runs', 'runs']
    await timed([process.execPath, resolve('bin/lockstep.js'), ...argv], folder)
    return rowsOf(eventsIn(join(folder, 'runs')), { hosts: lab.hosts.length, limit, bareMs })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const playbookOf = (host: number) => ({
  ...{ name: 'Mesh', hosts: 'all', vars: { interface: 'eth0' } },
  sync: {
    ptp4l: '-2 -P --step_threshold 0.00002 --logSyncInterval -3 --logAnnounceInterval -1 --logMinPdelayReqInterval -2',
    phc2sys: '-a -rr --step_threshold 0.00002',
    gate: { offset: '1ms', timeout: '60s' },
  },
  ...{ iperf3: { time: '1s', bitrate: '1M' }, mesh: { pairs: 'both', host }, attempts: 9 },
})

function rowsOf(events: Lines, { hosts, limit, bareMs }: { hosts: number; limit: number; bareMs: number }): Row[] {
  const rounds = events.filter(({ kind }) => kind === 'round_started')
  const ends = (phase: string) => events.filter(event => event.kind === 'phase_ended' && event.phase === phase)
  // How long clocks take to come into step is not the subject.
  const tookMs = Date.parse(ends('judge').at(-1)?.at ?? '') - Date.parse(ends('gate')[0]?.at ?? '')
  const measured = events.filter(({ kind }) => kind === 'flow_figures').length
  const voided = events.filter(({ kind }) => kind === 'attempt_void').length
  const [most, wanted] = [mostAtOnce(events), hosts * (hosts - 1)]
  const ratio = tookMs / (rounds.length * bareMs)
  return [
    {
      what: `${wanted} flows between ${hosts} hosts in ${rounds.length} rounds, at most ${limit} at a host`,
      measured: `${inSeconds(tookMs)} behind the gate, ${inTimes(ratio)} as many bare tests; ${voided} rounds were repeated`,
      goal: `at most ${inTimes(goal)}`,
      asserted: {
        text: `every flow has its figures, no host had more than ${limit}, at most ${mostOfFloor} times`,
        met: measured === wanted && most <= limit && ratio <= mostOfFloor,
      },
    },
  ]
}

/** The most senders and receivers of one host that sent or received at one time, as the events tell. */
function mostAtOnce(events: Lines): number {
  const at = new Map<string, number>()
  let most = 0
  for (const event of events) {
    if (event.kind !== 'process_started' && event.kind !== 'process_exited') continue
    if (!event.process.startsWith('snd-')) continue
    for (const host of event.process.slice('snd-'.length).split('-')) {
      const now = (at.get(host) ?? 0) + (event.kind === 'process_started' ? 1 : -1)
      at.set(host, now)
      most = Math.max(most, now)
    }
  }
  return most
}

/** The median of three, with a server that listens already, by the clock of the host that sends. */
async function bareTest(lab: Lab): Promise<number> {
  const { address } = hostNamed(lab, 'n2')
  const client = `iperf3 --client ${address} --port 5201 --time 1 --bitrate 1M`
  const script = `a=$(date +%s%N); ${client} >/dev/null && echo $((($(date +%s%N) - a) / 1000))`
  const listening = 'ss -Htln sport = 5201 | grep -q .'
  const took: number[] = []
  for (let round = 0; round < 3; round++) {
    const server = sshTo(lab, 'n2', 'timeout 20 iperf3 --server --one-off --port 5201')
    await sshTo(lab, 'n2', `for i in $(seq 100); do ${listening} && exit; sleep 0.05; done`)
    const { code, stdout, stderr } = await sshTo(lab, 'n1', script)
    await server
    if (code !== 0) throw new Error(`a bare iperf3 ended with ${code}: ${stderr}`)
    took.push(Number(stdout) / 1_000)
  }
  return median(took)
}
