import { chmod, chown, lstat, mkdir, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { LockstepError } from '../errors/error.ts'

/**
 * Who may open the folder of the socket may speak for every identity: Node cannot ask who is at the other end. So nobody
 * else than its owner may write to it, nobody else than its group may enter it, and nobody may put another folder in its place.
 */
export async function checkSocketFolder(folder: string): Promise<void> {
  const real = await realpath(folder).catch(cause => {
    throw new LockstepError('BOOK_SOCKET', `${folder}: ${(cause as Error).message}`, { cause })
  })
  const fault = (await faultOf(real)) ?? (await faultAbove(real))
  if (fault === undefined) return
  const hint = `make it owned by root, with the group of the broker's account and mode 0750`
  throw new LockstepError('BOOK_SOCKET', `${fault}, so the socket would be open to others`, { hint })
}

/** Where nobody has made it, as systemd would: ours, for the group of the brokers' account to enter. */
export async function makeSocketFolder(folder: string, group: number | undefined): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    // There already, or not ours to make: whoever listens finds out what is wrong.
    if ('code' in (error as Error)) return
    throw error
  }
  if (group === undefined) return
  await chown(folder, process.getuid?.() ?? 0, group)
  await chmod(folder, 0o750)
}

const groupWrites = 0o020
const others = 0o007
const othersWrite = 0o002
const sticky = 0o1000

async function faultOf(folder: string): Promise<string | undefined> {
  const { uid, mode } = await lstat(folder)
  if (!isTrusted(uid)) return `${folder} belongs to user ${uid}`
  if ((mode & others) !== 0) return `others can open ${folder} (mode ${octal(mode)})`
  return (mode & groupWrites) === 0 ? undefined : `the group of ${folder} can write to it (mode ${octal(mode)})`
}

/** A folder that others may write to lets them rename what is in it, unless it is sticky, as /tmp is. */
async function faultAbove(folder: string): Promise<string | undefined> {
  for (let path = dirname(folder), below = folder; path !== below; below = path, path = dirname(path)) {
    const { uid, mode } = await lstat(path)
    if (!isTrusted(uid)) return `${path} belongs to user ${uid}`
    const written = (mode & (groupWrites | othersWrite)) !== 0
    if (written && (mode & sticky) === 0) return `others can write to ${path} (mode ${octal(mode)})`
  }
  return undefined
}

/** Root, and ourselves where we are not root. */
const isTrusted = (uid: number) => uid === 0 || uid === process.getuid?.()

const octal = (mode: number) => (mode & 0o7777).toString(8).padStart(4, '0')
