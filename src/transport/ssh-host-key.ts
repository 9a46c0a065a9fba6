import { appendFile, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ServerHostKeyAlgorithm } from 'ssh2'
import { LockstepError } from '../errors/error.ts'
import {
  fingerprint,
  judgeHostKey,
  type KnownKey,
  keyType,
  knownHostsName,
  knownTypes,
  parseKnownHosts,
} from './known-hosts.ts'
import { quoteWord } from './quote.ts'
import { readOnce } from './read-once.ts'
import type { SshSettings } from './ssh-config.ts'

/** Host key algorithms in ssh2's own order of preference. */
const algorithms: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
]

/** What to ask a server for and how to judge what it shows. */
export interface HostKeyCheck {
  /** Types that known_hosts has come first: a second key of the host would look like an attack. */
  readonly algorithms: ServerHostKeyAlgorithm[]
  /** Undefined: the key is good. */
  judge(blob: Buffer): LockstepError | undefined
  /** Notes a key that was taken on first sight, where the configuration says so. */
  keep(): Promise<void>
}

/** Reads the known_hosts files of the settings; `files` are expanded paths, a missing one is empty. */
export async function hostKeyCheck(
  name: string,
  settings: SshSettings,
  files: readonly string[],
): Promise<HostKeyCheck> {
  const keys = (await Promise.all(files.map(readKeys))).flat()
  const host = settings.hostKeyAlias ?? settings.hostName
  const port = settings.hostKeyAlias === undefined ? settings.port : 22
  const known = knownTypes(keys, host, port).flatMap(algorithmsOf)
  const lenient = settings.strictHostKeyChecking === 'no'
  let fresh: Buffer | undefined
  return {
    algorithms: [...known, ...algorithms.filter(each => !known.includes(each))],
    judge(blob) {
      const verdict = judgeHostKey(keys, host, port, blob)
      if (verdict.kind === 'known' || (verdict.kind === 'changed' && lenient)) return undefined
      if (verdict.kind === 'unknown' && (lenient || settings.strictHostKeyChecking === 'accept-new')) {
        fresh = blob
        return undefined
      }
      const shown = `${keyType(blob)} ${fingerprint(blob)}`
      const shownAt = { name, host, port, shown, file: files[0] ?? '~/.ssh/known_hosts' }
      return verdict.kind === 'unknown' ? unknown(shownAt) : refusals[verdict.kind](shownAt, verdict.key)
    },
    async keep() {
      const [file] = files
      if (fresh === undefined || file === undefined || file === '/dev/null') return
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      await appendFile(file, `${knownHostsName(host, port)} ${keyType(fresh)} ${fresh.toString('base64')}\n`)
    },
  }
}

interface Refusal {
  readonly name: string
  readonly host: string
  readonly port: number
  /** Type and fingerprint of the key that was shown. */
  readonly shown: string
  /** Where a new key would go. */
  readonly file: string
}

const unknown = ({ name, host, port, shown, file }: Refusal) =>
  new LockstepError('SSH_HOST_KEY', `the host key of ${name} is not known: it shows ${shown}`, {
    hint: `compare the fingerprint with the host's own, then: ssh-keyscan -p ${port} ${quoteIfOdd(host)} >> ${quoteIfOdd(file)}`,
  })

const refusals = {
  changed: ({ name, host, port, shown }: Refusal, key: KnownKey) =>
    new LockstepError(
      'SSH_HOST_KEY',
      `the host key of ${name} has changed: it shows ${shown}, ${key.file}:${key.line} has ${fingerprint(key.blob)}`,
      {
        hint: `either somebody listens in, or the host was set up anew; then: ${removal(key, host, port)}`,
        at: { file: key.file, line: key.line, column: 1 },
      },
    ),
  revoked: ({ name, shown }: Refusal, key: KnownKey) =>
    new LockstepError('SSH_HOST_KEY', `the host key of ${name} is revoked by ${key.file}:${key.line}: ${shown}`, {
      hint: 'the host has to be given a new key',
      at: { file: key.file, line: key.line, column: 1 },
    }),
} as const

const removal = (key: KnownKey, host: string, port: number) =>
  `ssh-keygen -f ${quoteIfOdd(key.file)} -R ${quoteIfOdd(knownHostsName(host, port))}`

const quoteIfOdd = (word: string) => (/^[\w@%+=:,./~-]+$/.test(word) ? word : quoteWord(word))

/** An RSA key signs with three algorithms (RFC 8332). */
const algorithmsOf = (type: string): readonly ServerHostKeyAlgorithm[] =>
  type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : algorithms.filter(each => each === type)

/** A fleet's file has as many lines as it has hosts. */
const keysIn = readOnce((octets, file) => parseKnownHosts(file, octets.toString('utf8')))

async function readKeys(file: string): Promise<readonly KnownKey[]> {
  try {
    return await keysIn(file)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw new LockstepError('SSH_CONFIG', `${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}
