import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '../errors/error.ts'

/** Who writes into the folder of an experiment now. */
const claimFile = '.controller'

/**
 * Says that this process writes into a run folder; refused while another one does. What a dead process has left is no claim:
 * where /proc tells when a process began, a later one of the same number is not taken for it. Returns what ends the claim.
 */
export function claimFolder(folder: string): () => void {
  const file = join(folder, claimFile)
  const [pid = '', began = ''] = (readOr(file) ?? '').trim().split(' ')
  if (/^\d+$/.test(pid) && isAlive(Number(pid)) && beganAt(Number(pid)) === began)
    throw new LockstepError('USAGE_FILE', `the experiment in ${folder} is going on: process ${pid} runs it`, {
      hint: 'end that one first; what it has done so far is kept',
    })
  writeFileSync(file, `${process.pid} ${beganAt(process.pid)}\n`)
  return () => rmSync(file, { force: true })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process is alive all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** proc(5): field 22 of stat, behind the name, which may hold blanks; empty where there is no /proc. */
const beganAt = (pid: number): string =>
  readOr(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ')[19] ?? ''

function readOr(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
