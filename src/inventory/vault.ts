import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { LockstepError, type Place } from '../errors/error.ts'
import { vaultLabel } from './encrypted.ts'
import type { Report } from './report.ts'

/** One password of Ansible Vault, and the vault id that it was given for. */
export interface VaultPassword {
  readonly id?: string | undefined
  readonly password: string
}

/**
 * The text behind a vault text of format 1.1 or 1.2. A label only says which password to try first, as in Ansible.
 * Throws INVENTORY_VAULT, which never quotes what was decrypted.
 */
export function decryptVault(text: string, passwords: readonly VaultPassword[], at: Place): string {
  const label = vaultLabel(text)
  const sealed = sealedIn(text)
  // Padding makes it whole blocks of 16 bytes.
  if (sealed !== undefined && sealed.ciphertext.length % 16 !== 0)
    throw new LockstepError('INVENTORY_VAULT', 'this vault text is cut off', { at })
  if (sealed === undefined)
    throw new LockstepError('INVENTORY_VAULT', 'this is no vault text of format 1.1 or 1.2', { at })
  for (const { password } of inOrder(passwords, label)) {
    const plain = opened(sealed, password)
    if (plain === undefined) continue
    const decoded = decode(plain)
    if (decoded === undefined)
      throw new LockstepError('INVENTORY_VAULT', 'what was encrypted here is no UTF-8 text', { at })
    return decoded
  }
  const which = label === undefined ? '' : ` (vault id '${label}')`
  const tried = passwords.length === 1 ? 'the password does not open' : `none of ${passwords.length} passwords opens`
  throw new LockstepError('INVENTORY_VAULT', `${tried} what is encrypted here${which}`, { at })
}

/** The same, with what is wrong in a report instead of thrown. */
export function tryDecrypt(
  text: string,
  passwords: readonly VaultPassword[],
  at: Place,
  report: Report,
): string | undefined {
  try {
    return decryptVault(text, passwords, at)
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    report.problem(error.code, error.message, at, error.hint)
    return undefined
  }
}

const inOrder = (passwords: readonly VaultPassword[], label: string | undefined) => [
  ...passwords.filter(({ id }) => id === label),
  ...passwords.filter(({ id }) => id !== label),
]

interface Sealed {
  readonly salt: Buffer
  readonly hmac: Buffer
  readonly ciphertext: Buffer
}

/** The lines below the first are hexadecimal for three hexadecimal texts: salt, HMAC and ciphertext. */
function sealedIn(text: string): Sealed | undefined {
  const [, body = ''] = /^\$ANSIBLE_VAULT;1\.[12];AES256(?:;[^\n]*)?\s*\n([\s\S]*)$/.exec(text) ?? []
  const parts = unhex(body.replaceAll(/\s/g, ''))?.toString('latin1').split('\n').map(unhex) ?? []
  const [salt, hmac, ciphertext, ...more] = parts
  if (salt === undefined || hmac?.length !== 32 || ciphertext === undefined || more.length > 0) return undefined
  return { salt, hmac, ciphertext }
}

const unhex = (text: string) => (/^(?:[\da-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : undefined)

/** Undefined when the password is another one. */
function opened({ salt, hmac, ciphertext }: Sealed, password: string): Buffer | undefined {
  // 32 bytes AES key, 32 bytes HMAC key, 16 bytes where the counter starts.
  const keys = pbkdf2Sync(password, salt, 10_000, 80, 'sha256')
  const expected = createHmac('sha256', keys.subarray(32, 64)).update(ciphertext).digest()
  if (!timingSafeEqual(expected, hmac)) return undefined
  const decipher = createDecipheriv('aes-256-ctr', keys.subarray(0, 32), keys.subarray(64))
  const padded = Buffer.concat([decipher.update(ciphertext), decipher.final()])
  // PKCS#7 (RFC 5652, 6.3); the HMAC has shown that it is whole.
  return padded.subarray(0, padded.length - (padded.at(-1) ?? 0))
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
