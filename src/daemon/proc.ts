import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'

/** A process as the kernel tells it. Its number is used again one day, with its start time it is unique on this boot. */
export interface ProcessState {
  readonly pid: number
  readonly session: number
  /** Since boot, in the kernel's clock ticks: field 22 of proc_pid_stat(5). */
  readonly startTicks: number
  /** Not a zombie; a process whose first thread has ended lives as long as another one. */
  readonly alive: boolean
}

/** Undefined when there is no such process. */
export function readProcess(pid: number): ProcessState | undefined {
  const line = orGone(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  if (line === undefined) return undefined
  // The second field is the program's own name in brackets and may hold anything, brackets too.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const field = (number: number) => fields[number - 3] ?? ''
  const ended = /[ZX]/.test(field(3)) && Number(field(20)) <= 1
  return { pid, session: Number(field(6)), startTicks: Number(field(22)), alive: !ended }
}

export const isAlive = (pid: number): boolean => readProcess(pid)?.alive === true

/** All processes, in the order of their numbers. */
export async function listProcesses(): Promise<readonly number[]> {
  return (await readdir('/proc'))
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
}

/** The value of a variable in the environment that a process was started with; undefined when it has none, or may not be read. */
export async function environmentOf(pid: number, name: string): Promise<string | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/environ`, 'latin1')
    return text
      .split('\0')
      .find(each => each.startsWith(`${name}=`))
      ?.slice(name.length + 1)
  } catch {
    return undefined // it is gone, a thread of the kernel, or out of our reach
  }
}

/** The real user of a process, which the owner of its folder need not be. */
export function userOf(pid: number): number | undefined {
  const status = orGone(() => readFileSync(`/proc/${pid}/status`, 'latin1'))
  const digits = /^Uid:\s+(\d+)/m.exec(status ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Another one after every start of the host. */
export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()

/** Sends to one process; false when it is gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

function orGone(read: () => string): string | undefined {
  try {
    return read()
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
