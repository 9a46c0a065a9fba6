import { createHash } from 'node:crypto'

/** A public key by which somebody has logged in. */
export interface SshKey {
  /** As `ssh-keygen -l` prints it: that of the key itself, also for a certificate. */
  readonly fingerprint: string
  /** What a certificate says its holder may call himself; empty for a bare key. */
  readonly principals: readonly string[]
}

/** Reads a key as authorized_keys has it: its type and its blob in base64. Undefined for what is no key that we know. */
export function readKey(type: string, base64: string): SshKey | undefined {
  const blob = Buffer.from(base64, 'base64')
  try {
    const fields = fieldsOf(blob)
    if (fields.string().toString('latin1') !== type) return undefined
    if (!type.endsWith(certificate)) return { fingerprint: fingerprintOf(blob), principals: [] }
    return certified(fields, type.slice(0, -certificate.length))
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const certificate = '-cert-v01@openssh.com'

/** How many fields the key itself has in a certificate of its type (PROTOCOL.certkeys of OpenSSH). */
const keyFields: Readonly<Record<string, number>> = {
  'ssh-ed25519': 1,
  'ssh-rsa': 2,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
  'sk-ssh-ed25519': 2,
  'sk-ecdsa-sha2-nistp256': 3,
}

const userCertificate = 1

/** nonce, key, serial, whose it is, key id, principals; what follows was sshd's to check. */
function certified(fields: Fields, type: string): SshKey | undefined {
  const count = keyFields[type]
  if (count === undefined) return undefined
  fields.string()
  const key = Array.from({ length: count }, () => fields.string())
  fields.skip(8)
  if (fields.number() !== userCertificate) return undefined
  fields.string()
  const names = fieldsOf(fields.string())
  const principals: string[] = []
  while (names.left() > 0) principals.push(names.string().toString('utf8'))
  const plainType = type.startsWith('sk-') ? `${type}@openssh.com` : type
  return { fingerprint: fingerprintOf(Buffer.concat([Buffer.from(plainType), ...key].map(field))), principals }
}

const fingerprintOf = (blob: Buffer) =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`

/** RFC 4251, section 5: a string is its length in four octets and then its octets. */
function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

type Fields = ReturnType<typeof fieldsOf>

/** Throws a RangeError at what is cut off. */
function fieldsOf(bytes: Buffer) {
  let at = 0
  const number = () => {
    const value = bytes.readUInt32BE(at)
    at += 4
    return value
  }
  const skip = (count: number) => {
    if (count > bytes.length - at) throw new RangeError(`${count} octets wanted, ${bytes.length - at} left`)
    at += count
  }
  const string = () => {
    const length = number()
    skip(length)
    return bytes.subarray(at - length, at)
  }
  return { number, skip, string, left: () => bytes.length - at }
}
