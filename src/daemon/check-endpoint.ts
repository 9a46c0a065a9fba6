import { execFile } from 'node:child_process'
import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import type { Rules } from '../book/limits.ts'
import { LockstepError, problemsOf } from '../errors/error.ts'
import { usualProfiles } from '../tools/usual-profiles.ts'
import { groupNamed, userNamed } from './accounts.ts'
import { cgroupHome } from './cgroup-home.ts'
import { endpointClock } from './endpoint-clock.ts'
import { readRules } from './rules-file.ts'
import type { Settings } from './settings.ts'
import { checkSocketFolder } from './socket-folder.ts'

export interface Finding {
  readonly what: string
  readonly fault: string | undefined
}

/** Everything that lockstepd needs, looked at one by one; nothing is changed. */
export async function checkEndpoint(settings: Settings): Promise<readonly Finding[]> {
  const { socket, state, limits, user, group, clockError, hook } = settings
  const findings: Finding[] = []
  const look = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      const found = await work()
      findings.push({ what, fault: undefined })
      return found
    } catch (error) {
      findings.push({ what, fault: inWords(error) })
      return undefined
    }
  }
  const rules = await look(`the limits file ${limits}`, () => rulesIn(limits))
  await look(`the folder of the socket ${dirname(socket)}`, () => checkSocketFolder(dirname(socket)))
  await look(`the state folder ${state}`, () => writable(state))
  if (user !== undefined) await look(`the account of tests ${user}`, () => userNamed(user))
  if (group !== undefined) await look(`the group of the brokers ${group}`, () => groupNamed(group))
  if (hook !== undefined) await look(`the hook ${hook}`, () => access(hook, constants.X_OK))
  for (const program of ['flock', 'prlimit', 'setpriv', 'perl', 'getent']) await look(program, () => found(program))
  for (const program of toolsOf(rules)) await look(`the tool ${program}`, () => found(program))
  await look('the clock', () => clockOf(clockError))
  const home = await cgroupHome()
  findings.push({
    what: home === undefined ? 'tests are kept together by session and mark' : `control groups in ${home}`,
    fault: undefined,
  })
  return findings
}

async function rulesIn(file: string): Promise<Rules> {
  const rules = await readRules(file)
  if (Object.keys(rules.classes).length === 0)
    throw new LockstepError('USAGE_FILE', 'there is none, so nobody may reserve anything')
  const unknown = Object.values(rules.kinds).flatMap(({ profiles }) =>
    profiles.filter(name => !Object.hasOwn(usualProfiles, name)),
  )
  if (unknown.length > 0)
    throw new LockstepError(
      'USAGE_FILE',
      `no profile is called ${unknown.join(', ')}; there are ${Object.keys(usualProfiles).join(', ')}`,
    )
  return rules
}

const toolsOf = (rules: Rules | undefined): readonly string[] => {
  const names = new Set(Object.values(rules?.kinds ?? {}).flatMap(({ profiles }) => profiles))
  return [...names].flatMap(name => (Object.hasOwn(usualProfiles, name) ? (usualProfiles[name]?.tool.name ?? []) : []))
}

/** It, or the folder that it would be made in. */
async function writable(folder: string): Promise<void> {
  const there = await stat(folder).catch(() => undefined)
  if (there !== undefined && !there.isDirectory()) throw new LockstepError('BOOK_LOCKED', 'it is no folder')
  await access(there === undefined ? dirname(folder) : folder, constants.W_OK)
}

const run = promisify(execFile)

async function found(program: string): Promise<void> {
  await run('sh', ['-c', 'command -v -- "$1"', 'sh', program], { timeout: 5_000 }).catch(() => {
    throw new LockstepError('HOST_PROGRAM', 'it is not installed')
  })
}

async function clockOf(declared: Settings['clockError']): Promise<void> {
  const clock = await endpointClock(declared)
  clock.stop()
  if (clock.error().bound === undefined)
    throw new LockstepError(
      'SYNC_GATE',
      'neither chronyd nor the kernel says how right it is, and there is no --clock-error: nothing can be reserved',
    )
}

const inWords = (error: unknown): string =>
  error instanceof LockstepError
    ? problemsOf(error)
        .map(({ message, at, hint }) => {
          const where = at === undefined ? '' : `${at.file}:${at.line}:${at.column}: `
          return `${where}${message}${hint === undefined ? '' : ` (${hint})`}`
        })
        .join('; ')
    : (error as Error).message
