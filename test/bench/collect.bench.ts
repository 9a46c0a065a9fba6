import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { RunEvent } from '../../src/runner/events.ts'
import { encodeGet } from '../../src/wire/frames.ts'
import { logPayload } from '../../src/wire/packet-log.ts'
import type { Fault } from '../fixtures/fake-isochron.ts'
import { type FakePair, withFakePairs } from '../fixtures/fake-pair.ts'
import { orchestrationOver } from '../fixtures/orchestration.ts'
import { madeUpRecords } from './made-up-records.ts'
import { type Extent, inSeconds, inTimes, median, type Row } from './row.ts'

const execute = promisify(execFile)
const packets = 1_000_000
const few = 1_000
const goals = { time: 5, memory: 3 }
/** What must hold however busy the machine is. */
const mostTime = 25

/**
 * A packet log of a million frames, from the two ends to the figures: read over TCP, written as .dat, judged, beside programs that
 * only read and write the same bytes. What the process has resident is held against the same with a log of a thousand.
 */
export async function bench({ short, interrupted }: Extent): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
  try {
    const runs: Collected[] = []
    for (let i = 0; i < (short ? 1 : 3); i++) {
      interrupted.throwIfAborted()
      runs.push(await collected(folder, packets))
    }
    const small = await collected(folder, few)
    const bytes = runs[0]?.bytes ?? 0
    const of = (figure: 'tookMs' | 'fetchMs' | 'copyMs') => median(runs.map(each => each[figure]))
    const [tookMs, fetchMs, copyMs] = [of('tookMs'), of('fetchMs'), of('copyMs')]
    const grown = median(runs.map(each => each.mostResident)) - small.mostResident
    const ratio = tookMs / fetchMs
    return [
      {
        what: `${(bytes / 1e6).toFixed(0)} MB of packet log, read from both ends and written`,
        measured: inSeconds(fetchMs),
      },
      { what: 'the same from file to file', measured: inSeconds(copyMs) },
      {
        what: `collected from both ends, written and judged (${packets} frames)`,
        measured: `${inSeconds(tookMs)}, ${inTimes(ratio)} the bare fetch, ${inTimes(tookMs / copyMs)} the copy`,
        goal: `at most ${goals.time} times the fetch`,
        asserted: { text: `at most ${mostTime} times the fetch`, met: ratio <= mostTime },
      },
      {
        what: 'memory for it',
        measured: `${(grown / 1e6).toFixed(0)} MB, ${inTimes(grown / bytes)} the log`,
        goal: `at most ${goals.memory} times`,
        asserted: { text: 'at most 6 times', met: grown <= 6 * bytes },
      },
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface Collected {
  /** Of the .dat file. */
  readonly bytes: number
  /** The phases collect and judge. */
  readonly tookMs: number
  /** Of programs that do nothing but bring those bytes from the ends into a file, or from one file into another. */
  readonly fetchMs: number
  readonly copyMs: number
  /** Octets, of the whole process. */
  readonly mostResident: number
}

/** An orchestration over fake ends that hold so many records. */
function collected(folder: string, frames: number): Promise<Collected> {
  const { sender, receiver } = madeUpRecords(frames)
  const holding = (records: Buffer): Fault => {
    const payload = logPayload.write(records)
    return ({ action, name }, { reply }) => {
      if (action !== 'get' || name !== 'LOG') return false
      reply(payload)
      return true
    }
  }
  return withFakePairs([{ senderFault: holding(sender), receiverFault: holding(receiver) }], async pairs => {
    const cycle = (1 / frames).toFixed(9)
    writeFileSync(join(folder, 'o.txt'), orchestrationOver(pairs, [{ 'num-frames': `${frames}`, 'cycle-time': cycle }]))
    const argv = [resolve('bin/lockstep.js'), 'orchestrate', '-F', 'o.txt', '--json']
    const child = spawn(process.execPath, argv, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    let mostResident = 0
    const look = setInterval(() => (mostResident = Math.max(mostResident, residentOf(child.pid ?? 0))), 20)
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    const [code] = await once(child, 'close')
    clearInterval(look)
    if (code !== 0) throw new Error(`lockstep orchestrate ended with ${code}: ${said.slice(-2_000)}`)
    const events = said
      .trimEnd()
      .split('\n')
      .map((line): RunEvent => JSON.parse(line))
    const phases = events.flatMap(event => (event.kind === 'phase_ended' ? [event] : []))
    const tookMs = phases
      .filter(({ phase }) => phase === 'collect' || phase === 'judge')
      .reduce((sum, phase) => sum + phase.tookMs, 0)
    const file = join(folder, 'a.dat')
    const [{ sender: daemon, receiver: rcv, senderAddress, receiverAddress }] = pairs as [FakePair]
    const ends = [`${senderAddress}:${daemon.port}`, `${receiverAddress}:${rcv.port}`]
    return {
      bytes: statSync(file).size,
      tookMs,
      fetchMs: await alone(bareFetch, [join(folder, 'fetched'), encodeGet('log').toString('hex'), ...ends]),
      copyMs: await alone(bareCopy, [file, join(folder, 'copy.dat')]),
      mostResident,
    }
  })
}

/** Reads the logs of both ends at once and writes what came, and nothing else. */
const bareFetch = `const fs = require('node:fs'), net = require('node:net')
  const [file, ask, ...ends] = process.argv.slice(1)
  const from = performance.now()
  const log = end => new Promise((resolve, reject) => {
    const [host, port] = end.split(':'), chunks = []
    let [size, got] = [Infinity, 0]
    const socket = net.connect({ host, port: Number(port) }, () => socket.write(Buffer.from(ask, 'hex')))
    socket.on('error', reject).on('close', () => resolve(chunks)).on('data', chunk => {
      if (got === 0) size = 8 + chunk.readUInt32BE(4)
      chunks.push(chunk)
      if ((got += chunk.length) >= size) socket.end()
    })
  })
  Promise.all(ends.map(log)).then(logs => {
    const to = fs.openSync(file, 'w')
    for (const chunk of logs.flat()) fs.writeSync(to, chunk)
    console.log(performance.now() - from)
  })`

/** The same bytes from one file into another. */
const bareCopy = `const fs = require('node:fs')
  const from = performance.now()
  fs.writeFileSync(process.argv[2], fs.readFileSync(process.argv[1]))
  console.log(performance.now() - from)`

/** The ms that such a script says it took; a process of its own, whose memory is as fresh as ours. */
async function alone(script: string, argv: readonly string[]): Promise<number> {
  const { stdout } = await execute(process.execPath, ['-e', script, ...argv], { timeout: 60_000 })
  return Number(stdout)
}

/** The most that a process has had resident so far; 0 when it is gone. */
function residentOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
