import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import type { Enclosure } from './enclosure.ts'
import { isAlive, signalProcess } from './proc.ts'

const groupName = (rid: string) => `lockstep-${rid}`

/** A group of its own for a test; one of the same name that nobody is in any more is taken. */
export async function makeCgroup(home: string, rid: string): Promise<Enclosure> {
  const folder = join(home, groupName(rid))
  try {
    await mkdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const [someone] = await membersOf(folder)
    if (someone !== undefined)
      throw new LockstepError('BOOK_PROCESS', `process ${someone} of an earlier start is still in ${folder}`)
  }
  return cgroupAt(folder)
}

/** The group of a test that an earlier daemon has made; undefined when it is gone, or the name is none that we give. */
export async function findCgroup(folder: string, rid: string): Promise<Enclosure | undefined> {
  if (basename(folder) !== groupName(rid)) return undefined
  return (await procsOf(folder)) === undefined ? undefined : cgroupAt(folder)
}

export const cgroupFolder = (home: string, rid: string): string => join(home, groupName(rid))

function cgroupAt(folder: string): Enclosure {
  return {
    place: { kind: 'cgroup', folder },
    enter: pid => writeFile(join(folder, 'cgroup.procs'), String(pid), { flag: 'r+' }),
    members: () => membersOf(folder),
    kill: () => killAll(folder),
    remove: () => removeGroup(folder),
  }
}

async function membersOf(folder: string): Promise<readonly number[]> {
  return ((await procsOf(folder)) ?? []).filter(isAlive)
}

async function procsOf(folder: string): Promise<readonly number[] | undefined> {
  try {
    const text = await readFile(join(folder, 'cgroup.procs'), 'latin1')
    return text.split('\n').filter(Boolean).map(Number)
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** Linux 5.14 and later end a whole group of version 2 at once, forks under way included. */
async function killAll(folder: string): Promise<void> {
  try {
    await writeFile(join(folder, 'cgroup.kill'), '1', { flag: 'r+' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    for (const pid of await membersOf(folder)) signalProcess(pid, 'SIGKILL')
  }
}

/** A group whose last process has just ended can be busy for a moment. */
const removeWithinMs = 2_000

async function removeGroup(folder: string): Promise<void> {
  const until = performance.now() + removeWithinMs
  for (;;) {
    try {
      return await rmdir(folder)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return
      if (code !== 'EBUSY' || performance.now() > until) throw error
    }
    await new Promise(next => setTimeout(next, 10))
  }
}
