import { execFile } from 'node:child_process'
import { homedir, userInfo } from 'node:os'
import { LockstepError } from '../errors/error.ts'
import { Slots } from './slots.ts'
import { parseSshConfig, type SshSettings } from './ssh-config.ts'
import type { Target } from './transport.ts'

/** Variables of the environment: PATH finds the ssh client, SSH_AUTH_SOCK the agent. */
export type Environment = Readonly<Record<string, string | undefined>>

/** `ssh -G` takes a few ms; a hanging `Match exec` in the user's configuration takes this at most. */
export const askLimitMs = 10_000
/** Questions to the ssh client at the same time, for it is a process each. */
const questions = new Slots(8)

/**
 * The words for `ssh -G` that make ssh itself settle which of target and configuration files goes first: what the
 * inventory says of a host stands in front, as ssh keeps the first value of an option.
 */
export function sshWords(target: Target): readonly string[] {
  const options: readonly (readonly [string, string | number | undefined])[] = [
    ['StrictHostKeyChecking', target.hostKeyChecking === undefined ? undefined : yesNo(target.hostKeyChecking)],
    ['Port', target.port],
    ['User', target.user],
    ['IdentityFile', target.privateKeyFile === undefined ? undefined : `"${target.privateKeyFile}"`],
    ['ConnectTimeout', target.connectTimeoutS],
  ]
  const own = options.flatMap(([name, value]) => (value === undefined ? [] : ['-o', `${name}=${value}`]))
  return [...own, ...(target.sshArgs ?? []), '--', target.address]
}

/** The words for a jump host: like ssh, only the configuration file is handed on from the target's own words. */
export function jumpWords(target: Target, hop: { user?: string; host: string; port?: number }): readonly string[] {
  const words = target.sshArgs ?? []
  const file = words.flatMap((word, i) =>
    word === '-F' ? ['-F', words[i + 1] ?? ''] : /^-F./.test(word) ? [word] : [],
  )
  const own = [...(hop.port === undefined ? [] : ['-p', String(hop.port)]), ...(hop.user ? ['-l', hop.user] : [])]
  return [...file, ...own, '--', hop.host]
}

/** What ssh would do with these words. Without an ssh client, what the words alone say, and ssh's defaults. */
export async function askSsh(words: readonly string[], env: Environment): Promise<SshSettings> {
  const release = await questions.take()
  try {
    return parseSshConfig(await sshG(words, env))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return parseSshConfig(settingsWithoutSsh(words))
    throw error
  } finally {
    release()
  }
}

/** ssh takes the home folder from the password database, whatever HOME says. */
export const home = (): string => userInfo().homedir || homedir()

function sshG(words: readonly string[], env: Environment): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: env as NodeJS.ProcessEnv, timeout: askLimitMs, maxBuffer: 1 << 20 }
    const child = execFile('ssh', ['-G', ...words], options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout)
      if (error.code === 'ENOENT') return reject(error)
      const said = stderr.trim().split('\n').at(-1) || error.message
      reject(
        new LockstepError('SSH_CONFIG', `ssh cannot read its options or configuration for ${words.at(-1)}: ${said}`, {
          hint: `try it: ssh -G ${words.join(' ')}`,
          cause: error,
        }),
      )
    })
    child.stdin?.end()
  })
}

const flags: Readonly<Record<string, string>> = { p: 'Port', l: 'User', i: 'IdentityFile', J: 'ProxyJump' }

/** `-o`, `-p`, `-l`, `-i` and `-J` in the form that `ssh -G` prints, followed by ssh's defaults; first come wins. */
export function settingsWithoutSsh(words: readonly string[]): string {
  const lines: string[] = []
  for (let i = 0; i < words.length && words[i] !== '--'; i++) {
    const [, flag = '', rest = ''] = /^-([opliJF])(.*)$/.exec(words[i] ?? '') ?? []
    const value = flag === '' ? '' : rest || (words[++i] ?? '')
    if (flag === 'o') lines.push(value.replace(/^\s*(\w+)\s*[= ]\s*/, '$1 '))
    else if (flags[flag] !== undefined) lines.push(`${flags[flag]} ${value}`)
  }
  const keys = lines.some(line => /^identityfile\s/i.test(line))
    ? []
    : ['rsa', 'ecdsa', 'ed25519'].map(type => `identityfile ~/.ssh/id_${type}`)
  return [
    ...lines,
    ...keys,
    `hostname ${words.at(-1)}`,
    `user ${userInfo().username}`,
    'userknownhostsfile ~/.ssh/known_hosts ~/.ssh/known_hosts2',
    'globalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2',
  ].join('\n')
}

const yesNo = (value: boolean) => (value ? 'yes' : 'no')
