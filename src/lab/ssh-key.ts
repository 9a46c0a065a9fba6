import { generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto'

export interface SshKey {
  /** What OpenSSH reads as a private key file (PROTOCOL.key: openssh-key-v1, not encrypted). */
  readonly privateFile: string
  /** `ssh-ed25519 AAAA…`, as in known_hosts and authorized_keys. */
  readonly publicLine: string
}

/** A fresh Ed25519 key. ssh-keygen would cost a process per host. */
export function newSshKey(comment: string): SshKey {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const [open, secret] = [bytes(jwk, 'x'), bytes(jwk, 'd')]
  const blob = Buffer.concat([string('ssh-ed25519'), string(open)])
  const check = randomBytes(4)
  const pair = Buffer.concat([check, check, blob, string(Buffer.concat([secret, open])), string(comment)])
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...['none', 'none', ''].map(string), // cipher, key derivation, its options
    uint32(1),
    string(blob),
    string(padded(pair)),
  ])
  return { privateFile: armour(file.toString('base64')), publicLine: `ssh-ed25519 ${blob.toString('base64')}` }
}

/** RFC 8032: both halves are 32 bytes. */
const bytes = (jwk: JsonWebKey, field: 'x' | 'd') => Buffer.from(jwk[field] ?? '', 'base64url')

function uint32(value: number): Buffer {
  const field = Buffer.alloc(4)
  field.writeUInt32BE(value)
  return field
}

/** RFC 4251 section 5: a length in front. */
function string(value: string | Buffer): Buffer {
  const content = Buffer.from(value)
  return Buffer.concat([uint32(content.length), content])
}

/** To a multiple of 8 bytes with 1, 2, 3, …, as the format wants for cipher `none`. */
const padded = (content: Buffer) =>
  Buffer.concat([content, Buffer.from(Array.from({ length: (8 - (content.length % 8)) % 8 }, (_, i) => i + 1))])

function armour(base64: string): string {
  const lines = base64.match(/.{1,70}/g) ?? []
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n')
}
