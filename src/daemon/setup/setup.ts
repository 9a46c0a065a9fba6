import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, readFile, rm } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { LockstepError } from '../../errors/error.ts'
import { replaceFile } from '../durable.ts'
import { nothingMade, readRecord, removeRecord, type SetupRecord, writeRecord } from './record.ts'
import { addToSshd, removeFromSshd, sshdFile } from './sshd.ts'
import { limitsTemplate, sshdSnippet } from './texts.ts'

export interface SetupSettings {
  /** The login of strangers. */
  readonly account: string
  /** The account of tests. */
  readonly testUser: string
  readonly limits: string
  readonly state: string
  /** What sshd starts: absolute. */
  readonly broker: readonly string[]
  /** The text of the unit, where there is systemd. */
  readonly unit: string
}

type Tell = (line: string) => void

const run = promisify(execFile)
const unitPath = '/etc/systemd/system/lockstepd.service'
const recordIn = (state: string) => join(state, 'setup.json')

/**
 * Makes a host one that strangers can reserve: account, rules of sshd, limits file, unit. What is there already stays as it
 * is; what was made is noted step by step, so that `undoSetup` takes away that and nothing else.
 */
export async function setUp(settings: SetupSettings, tell: Tell): Promise<void> {
  refuseOthers()
  // What is wrong with either is said before anything is made.
  const [snippet, file] = [sshdSnippet({ account: settings.account, argv: settings.broker }), await sshdFile()]
  const path = recordIn(settings.state)
  let record = (await readRecord(path)) ?? nothingMade
  const note = async (change: Partial<SetupRecord>) => {
    record = { ...record, ...change }
    await writeRecord(path, record)
  }
  for (const [user, words] of [
    [settings.account, ['--create-home', '--home-dir', `/var/lib/${settings.account}`, '--shell', '/bin/sh']],
    [settings.testUser, ['--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin']],
  ] as const) {
    if (await isUser(user)) tell(`kept  the account ${user}`)
    else {
      await note({ users: [...record.users, user] })
      // No password fits it, and it is not locked: sshd lets keys in.
      await act('useradd', ['--system', '--user-group', '--password', '*', ...words, user])
      tell(`made  the account ${user}`)
    }
  }
  await writeLimits(settings.limits, note, tell)
  await note({ sshd: file })
  await addToSshd(file, snippet)
  tell(`made  the rules for ${settings.account} in ${file}`)
  if (!(await isThere('/run/systemd/system'))) tell('no systemd: start lockstepd by whatever starts services here')
  else {
    await note({ unit: unitPath })
    await replaceFile(unitPath, [settings.unit], 0o644)
    await act('systemctl', ['daemon-reload'])
    tell(`made  ${unitPath}`)
  }
}

/** Takes away what `setUp` has made; a limits file that somebody has written in stays. */
export async function undoSetup({ state, limits }: Pick<SetupSettings, 'state' | 'limits'>, tell: Tell): Promise<void> {
  refuseOthers()
  const record = await readRecord(recordIn(state))
  if (record === undefined) {
    tell(`nothing to undo: ${recordIn(state)} is not there`)
    return
  }
  if (record.unit !== undefined) {
    await run('systemctl', ['disable', '--now', 'lockstepd.service'], { timeout: 60_000 }).catch(() => undefined)
    await rm(record.unit, { force: true })
    await run('systemctl', ['daemon-reload'], { timeout: 30_000 }).catch(() => undefined)
    tell(`gone  ${record.unit}`)
  }
  if (record.sshd !== undefined) {
    await removeFromSshd(record.sshd)
    tell(`gone  the rules in ${record.sshd}`)
  }
  if (record.limits !== undefined) {
    const same = (await digestOf(record.limits.path)) === record.limits.sha256
    if (same) await rm(record.limits.path)
    tell(same ? `gone  ${record.limits.path}` : `kept  ${limits}: somebody has written in it`)
  }
  for (const user of record.users.toReversed()) {
    if (await isUser(user)) await act('userdel', ['--remove', user])
    tell(`gone  the account ${user}`)
  }
  await removeRecord(recordIn(state))
}

async function writeLimits(path: string, note: (change: Partial<SetupRecord>) => Promise<void>, tell: Tell) {
  if (await isThere(path)) {
    tell(`kept  ${path}`)
    return
  }
  const text = limitsTemplate(Object.keys(networkInterfaces()).filter(name => name !== 'lo'))
  await note({ limits: { path, sha256: sha256(text) } })
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  await replaceFile(path, [text], 0o644)
  tell(`made  ${path}: nobody may anything until you write it there`)
}

function refuseOthers(): void {
  if (process.getuid?.() !== 0) throw new LockstepError('HOST_BECOME', 'a host is set up by root')
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const isUser = (name: string): Promise<boolean> =>
  run('getent', ['passwd', '--', name], { timeout: 10_000 }).then(
    () => true,
    () => false,
  )

async function act(program: string, words: readonly string[]): Promise<void> {
  try {
    await run(program, words, { timeout: 30_000 })
  } catch (cause) {
    const { stderr = '', code, message } = cause as NodeJS.ErrnoException & { stderr?: string }
    // userdel says 12 where the home was not there to be removed.
    if (program === 'userdel' && String(code) === '12') return
    throw new LockstepError('STEP_FAILED', `${program} failed: ${stderr.trim() || message}`, { cause })
  }
}

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex')
const digestOf = (path: string) => readFile(path).then(sha256, () => undefined)
