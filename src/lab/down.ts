import { readFile, rm, rmdir } from 'node:fs/promises'
import { base, labNames, labPaths, networkLock, nodesOf, readPid } from './folder.ts'
import { withLock } from './lock.ts'
import { checkLabName, controllerLink } from './names.ts'
import { kill } from './process.ts'
import { attempt, run } from './program.ts'

/** Takes a lab down, whole or half-made. False when there was nothing left of it. */
export async function labDown(name: string): Promise<boolean> {
  const { lock: path } = labPaths(checkLabName(name))
  return await withLock(path, async lock => {
    const found = await takeDown(name, lock)
    await sweep(name)
    return found
  })
}

/** Removes what is left when a lab is gone: its lock, and the folder of all labs behind the last one. */
export async function sweep(name: string): Promise<void> {
  await withLock(networkLock, async () => {
    await rm(labPaths(name).lock, { force: true })
    if ((await labNames()).length === 0) await removeBase()
  })
}

/** The same for whoever holds the lab's lock already; the lock stays. */
export async function takeDown(name: string, lock: number): Promise<boolean> {
  if (!(await labNames()).includes(name)) return false
  // First the link: a process that is killed closes its connections, and nobody needs to see that.
  await removeLink(controllerLink(name), lock)
  await killNodes(name)
  const { folder } = labPaths(name)
  await unmount(folder, lock)
  await rm(folder, { recursive: true })
  return true
}

/** Each node's first process takes all others, their mounts and links along. */
async function killNodes(name: string): Promise<void> {
  const recorded = await Promise.all((await nodesOf(name)).map(readPid))
  await Promise.all(recorded.flatMap(first => (first === undefined ? [] : [kill(first)])))
}

async function removeLink(link: string, lock: number): Promise<void> {
  const { code } = await attempt(['ip', 'link', 'show', 'dev', link])
  if (code !== 0) return
  // It may vanish with its other end meanwhile.
  const { code: removed, stderr } = await attempt(['ip', 'link', 'delete', 'dev', link], { inherit: [lock] })
  if (removed !== 0 && !stderr.includes('Cannot find device')) await run(['ip', 'link', 'delete', 'dev', link])
}

/** A shell standing in the folder must not keep the lab: then the mount goes from sight now and away when it leaves. */
async function unmount(folder: string, lock: number): Promise<void> {
  while (await isMounted(folder)) {
    const { code } = await attempt(['umount', '-n', folder], { inherit: [lock] })
    if (code !== 0) await run(['umount', '-n', '--lazy', folder], { inherit: [lock] })
  }
}

/** proc(5), /proc/PID/mountinfo: the fifth field is the mount point. */
const isMounted = async (folder: string) =>
  (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').some(line => line.split(' ')[4] === folder)

/** Leaves the folder when somebody has put something else there. */
async function removeBase(): Promise<void> {
  await rm(networkLock, { force: true })
  try {
    await rmdir(base)
  } catch (error) {
    if (!['ENOTEMPTY', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
