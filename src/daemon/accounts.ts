import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { LockstepError } from '../errors/error.ts'
import type { User } from './privileges.ts'

const run = promisify(execFile)

/** The account of tests, by NAME or UID:GID; getent(1) asks whatever the host keeps its accounts in. */
export async function userNamed(name: string): Promise<User> {
  const [, uid, gid] =
    /^(\d+):(\d+)$/.exec(name) ?? /^[^:]*:[^:]*:(\d+):(\d+):/.exec(await entryOf('passwd', name)) ?? []
  if (uid === undefined || gid === undefined) throw missing(`there is no user '${name}'`)
  if (Number(uid) === 0 || Number(gid) === 0) throw missing(`tests never run as root, and '${name}' is root`)
  return { uid: Number(uid), gid: Number(gid) }
}

export async function groupNamed(name: string): Promise<number> {
  const gid = /^[^:]*:[^:]*:(\d+):/.exec(await entryOf('group', name))?.[1]
  if (gid === undefined) throw missing(`there is no group '${name}'`)
  return Number(gid)
}

async function entryOf(database: string, name: string): Promise<string> {
  try {
    return (await run('getent', [database, '--', name], { timeout: 10_000 })).stdout
  } catch {
    return ''
  }
}

const missing = (message: string) =>
  new LockstepError('BOOK_PROCESS', message, { hint: 'make it with useradd --system, or name another' })
