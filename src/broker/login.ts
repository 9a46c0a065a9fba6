import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { LockstepError } from '../errors/error.ts'
import { type Net, parseNet } from '../units/net.ts'
import { readKey, type SshKey } from './ssh-key.ts'

/** What sshd says of the login: the keys that were shown, and where from. */
export interface Login {
  readonly keys: readonly SshKey[]
  /** As sshd writes it; undefined where there is none, as behind a socket. */
  readonly address: string | undefined
}

/** Out of the environment that sshd made. A login without ExposeAuthInfo has no keys. */
export async function loginOf(env: Readonly<Record<string, string | undefined>>): Promise<Login> {
  const file = env['SSH_USER_AUTH']
  return {
    keys: file === undefined ? [] : keysIn(await readOwn(file)),
    address: env['SSH_CONNECTION']?.split(' ')[0],
  }
}

export const netOf = ({ address }: Login): Net | undefined => parseNet(address ?? '')

/** One line per method that succeeded, such as `publickey ssh-ed25519 AAAA…`. */
export const keysIn = (text: string): readonly SshKey[] =>
  text.split('\n').flatMap(line => {
    const [method, type = '', blob = ''] = line.split(' ')
    return method === 'publickey' ? (readKey(type, blob) ?? []) : []
  })

/** A certificate has some hundred octets, a key of RSA a thousand. */
const mostOctets = 65_536

/**
 * sshd writes the file as the account that it logs in. A server that passes the client's environment on could name another
 * one: it has to be ours, and nobody else's to read or write.
 */
async function readOwn(file: string): Promise<string> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(cause => {
    throw new LockstepError('BOOK_LOGIN', `what sshd says of the login cannot be read: ${cause.message}`, { cause })
  })
  try {
    const { uid, mode, size } = await handle.stat()
    const regular = (mode & constants.S_IFMT) === constants.S_IFREG
    if (!regular || uid !== process.geteuid?.() || (mode & 0o077) !== 0 || size > mostOctets)
      throw new LockstepError('BOOK_LOGIN', `${file} is not what sshd writes of a login`)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}
