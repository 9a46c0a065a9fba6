import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { LockstepError } from '../errors/error.ts'

/** A process that we started. A pid alone may be somebody else's by now; with its start time it is not. */
export interface RecordedProcess {
  readonly pid: number
  /** proc(5), /proc/PID/stat, field 22: clock ticks after boot, as the text that stands there. */
  readonly start: string
}

/** What `pid` is now. */
export async function identify(pid: number): Promise<RecordedProcess> {
  const found = await look(pid)
  if (found === undefined) throw new LockstepError('LAB_SETUP', `process ${pid} of the lab ended at once`)
  return { pid, start: found.start }
}

/** A zombie has ended: only its parent's attention is missing. */
export async function isAlive({ pid, start }: RecordedProcess): Promise<boolean> {
  const found = await look(pid)
  return found !== undefined && found.start === start && found.state !== 'Z' && found.state !== 'X'
}

/** Kills a process if it still is the one recorded, and waits until it is gone. The first of a pid namespace takes all others along. */
export async function kill(recorded: RecordedProcess, withinMs = 10_000): Promise<void> {
  const deadline = Date.now() + withinMs
  if (await isAlive(recorded)) signal(recorded.pid)
  while (await isAlive(recorded)) {
    if (Date.now() > deadline)
      throw new LockstepError(
        'LAB_PROCESS',
        `process ${recorded.pid} did not end within ${withinMs / 1000} s of SIGKILL`,
      )
    await sleep(2)
  }
}

export const formatRecord = ({ pid, start }: RecordedProcess) => `${pid} ${start}\n`

/** Undefined when the text is no record, as after a crash in the middle of writing it. */
export function parseRecord(text: string): RecordedProcess | undefined {
  const match = /^(\d+) (\d+)\n$/.exec(text)
  return match?.[1] === undefined || match[2] === undefined ? undefined : { pid: Number(match[1]), start: match[2] }
}

/** The command's name stands in parentheses and may hold anything, so fields count from the last one. */
export function parseStat(text: string): { state: string; start: string } | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, start] = [fields[0], fields[19]]
  return state === undefined || start === undefined ? undefined : { state, start }
}

async function look(pid: number) {
  try {
    return parseStat(await readFile(`/proc/${pid}/stat`, 'utf8'))
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

function signal(pid: number) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/** ESRCH: the process ended while its file was being read, or before the signal. */
const isGone = (error: unknown) => ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')
