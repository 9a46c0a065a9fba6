import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { LockstepError } from '../../errors/error.ts'
import { replaceFile } from '../durable.ts'
import { includesFolder, withoutSnippet, withSnippet } from './texts.ts'

const run = promisify(execFile)

const mainConfig = '/etc/ssh/sshd_config'
const ownConfig = '/etc/ssh/sshd_config.d/lockstep.conf'

/** Where the account's rules go: a file of our own where sshd reads such files, else the end of its configuration. */
export async function sshdFile(): Promise<string> {
  const main = await readFile(mainConfig, 'utf8').catch(cause => {
    throw new LockstepError('USAGE_FILE', `cannot read ${mainConfig}: ${(cause as Error).message}`, {
      hint: 'install the OpenSSH server first',
      cause,
    })
  })
  return includesFolder(main) ? ownConfig : mainConfig
}

/** Puts it there, asks sshd whether it can read it, and takes it back when not. */
export async function addToSshd(file: string, snippet: string): Promise<void> {
  const before = await readFile(file, 'utf8').catch(() => '')
  await replaceFile(file, [withSnippet(before, snippet).replace(/^\n/, '')], 0o644)
  try {
    await checkSshd()
  } catch (error) {
    await restore(file, before)
    throw error
  }
  await reloadSshd()
}

export async function removeFromSshd(file: string): Promise<void> {
  const before = await readFile(file, 'utf8').catch(() => '')
  await restore(file, withoutSnippet(before))
  await reloadSshd()
}

const restore = (file: string, text: string): Promise<void> =>
  file === ownConfig && text.trim() === '' ? rm(file, { force: true }) : replaceFile(file, [text], 0o644)

async function checkSshd(): Promise<void> {
  try {
    await run('/usr/sbin/sshd', ['-t'], { timeout: 10_000 })
  } catch (cause) {
    const { stderr = '', message } = cause as Error & { stderr?: string }
    throw new LockstepError('USAGE_FILE', `sshd does not take it: ${stderr.trim() || message}`, { cause })
  }
}

/** The sshd that its own pid file names, where no systemd runs. One that is not running reads it when it starts. */
async function reloadSshd(): Promise<void> {
  for (const service of ['ssh', 'sshd']) {
    const done = await run('systemctl', ['reload', service], { timeout: 10_000 }).then(
      () => true,
      () => false,
    )
    if (done) return
  }
  const pid = Number(await readFile('/run/sshd.pid', 'utf8').catch(() => ''))
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
  if (pid > 0 && name.trim() === 'sshd') process.kill(pid, 'SIGHUP')
}
