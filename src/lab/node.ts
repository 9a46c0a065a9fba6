import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { LockstepError } from '../errors/error.ts'
import { type NodePaths, readOrNothing, writePid } from './folder.ts'
import { asInput, type Batch } from './network.ts'
import { identify, isAlive, type RecordedProcess } from './process.ts'
import { attempt, run } from './program.ts'
import type { Staged } from './staged.ts'

const listenMs = 20_000

/** The network namespace of a process, as `ip` and `nsenter` take it. */
export const networkOf = (pid: number) => `/proc/${pid}/ns/net`

/** Runs `ip -batch` in the network namespace of a process; nothing to do is done. */
export async function ipBatch(pid: number, batch: Batch, lock: number): Promise<void> {
  if (batch.length === 0) return
  const argv = ['nsenter', `--net=${networkOf(pid)}`, 'ip', '-batch', '-']
  await run(argv, { input: asInput(batch), inherit: [lock] })
}

/** The same on the real machine. */
export async function ipBatchHere(batch: Batch, lock: number): Promise<void> {
  await run(['ip', '-batch', '-'], { input: asInput(batch), inherit: [lock] })
}

/** Whether a link of this name is in the network namespace of a process. */
export async function hasLink(pid: number, link: string): Promise<boolean> {
  const { code } = await attempt(['nsenter', `--net=${networkOf(pid)}`, 'ip', 'link', 'show', 'dev', link])
  return code === 0
}

/** Records the first process of a node, whose pid the script prints, before it may start anything. */
export async function recordFirst(script: Staged, paths: NodePaths): Promise<RecordedProcess> {
  const first = await identify(Number(await script.line()))
  await writePid(paths, first)
  return first
}

/** Waits until the first process has become what it was meant to be. */
export async function released(script: Staged, first: RecordedProcess, name: string, paths: NodePaths): Promise<void> {
  await script.released()
  const complaints = script.complaints()
  if (complaints === '' && (await isAlive(first))) return
  throw new LockstepError('LAB_SETUP', `${name} did not start: ${complaints || (await lastWords(paths))}`)
}

/** Waits until somebody in the network namespace of `first` listens on TCP port 22. Costs no connection. */
export async function untilSshListens(first: RecordedProcess, name: string, paths: NodePaths): Promise<void> {
  const deadline = Date.now() + listenMs
  while (!(await listensOn22(first.pid))) {
    const alive = await isAlive(first)
    if (alive && Date.now() < deadline) await sleep(5)
    else {
      const what = alive ? `does not listen after ${listenMs / 1000} s` : 'ended'
      throw new LockstepError('LAB_SETUP', `sshd of ${name} ${what}: ${await lastWords(paths)}`)
    }
  }
}

/** proc(5), /proc/PID/net/tcp: the local port in hexadecimal, state 0A is LISTEN. */
async function listensOn22(pid: number): Promise<boolean> {
  const table = await readFile(`/proc/${pid}/net/tcp`, 'utf8').catch(() => '')
  return / [0-9A-F]{8}:0016 [0-9A-F]{8}:0000 0A /.test(table)
}

async function lastWords(paths: NodePaths): Promise<string> {
  const log = (await readOrNothing(paths.log)) ?? ''
  return log.trim().split('\n').slice(-5).join('; ') || `nothing in ${paths.log}`
}
