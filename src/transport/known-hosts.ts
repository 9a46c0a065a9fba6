import { createHash, createHmac } from 'node:crypto'

/** One key out of a known_hosts file, as sshd(8) describes the format under SSH_KNOWN_HOSTS FILE FORMAT. */
export interface KnownKey {
  readonly file: string
  /** Counts from 1. */
  readonly line: number
  readonly marker: 'none' | 'revoked'
  readonly matches: (name: string) => boolean
  /** `ssh-ed25519`, `ssh-rsa`, … */
  readonly type: string
  readonly blob: Buffer
}

export type HostKeyVerdict =
  | { readonly kind: 'known'; readonly key: KnownKey }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'changed'; readonly key: KnownKey }
  | { readonly kind: 'revoked'; readonly key: KnownKey }

/** The keys of one file. Comments, certificate authorities and lines that cannot be read are left out, as ssh does. */
export const parseKnownHosts = (file: string, text: string): readonly KnownKey[] =>
  text.split(/\r?\n/).flatMap((line, index) => parseLine(file, index + 1, line) ?? [])

/** How known_hosts spells a host: `name`, or `[name]:port` when the port is not 22. */
export const knownHostsName = (host: string, port: number): string =>
  port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`

/** The key types known for a host, most telling first: what the client should ask the server for. */
export const knownTypes = (keys: readonly KnownKey[], host: string, port: number): readonly string[] => [
  ...new Set(keysOf(keys, host, port).map(key => key.type)),
]

/** What known_hosts says of the key that a host has shown. A key of a type not yet known there is unknown. */
export function judgeHostKey(keys: readonly KnownKey[], host: string, port: number, blob: Buffer): HostKeyVerdict {
  const names = [knownHostsName(host, port), host.toLowerCase()]
  const revoked = keys.find(key => key.marker === 'revoked' && key.blob.equals(blob) && names.some(key.matches))
  if (revoked !== undefined) return { kind: 'revoked', key: revoked }
  const candidates = keysOf(keys, host, port)
  const known = candidates.find(key => key.blob.equals(blob))
  if (known !== undefined) return { kind: 'known', key: known }
  const changed = candidates.find(key => key.type === keyType(blob))
  // A key known without its port vouches for the host, but does not speak against another server on it (ssh(1)).
  if (changed === undefined || !changed.matches(knownHostsName(host, port))) return { kind: 'unknown' }
  return { kind: 'changed', key: changed }
}

/** The type that a key blob names itself: a string in front, its length as four octets (RFC 4253, section 6.6). */
export const keyType = (blob: Buffer): string => blob.toString('latin1', 4, 4 + blob.readUInt32BE(0))

/** `SHA256:…` as ssh-keygen -l prints it. */
export const fingerprint = (blob: Buffer): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`

/** Keys entered for this very port, else those entered for the host without one. */
function keysOf(keys: readonly KnownKey[], host: string, port: number): readonly KnownKey[] {
  const plain = keys.filter(key => key.marker === 'none')
  const exact = plain.filter(key => key.matches(knownHostsName(host, port)))
  return exact.length > 0 ? exact : plain.filter(key => key.matches(host.toLowerCase()))
}

function parseLine(file: string, line: number, text: string): KnownKey | undefined {
  const words = text.trim().split(/[ \t]+/)
  if (words[0] === '' || words[0]?.startsWith('#')) return undefined
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined
  if (marker !== undefined && marker !== '@revoked') return undefined
  const [names, type, base64] = words
  if (names === undefined || type === undefined || base64 === undefined) return undefined
  const blob = Buffer.from(base64, 'base64')
  if (blob.length < 4 || keyType(blob) !== type) return undefined
  return { file, line, marker: marker === undefined ? 'none' : 'revoked', matches: matcher(names), type, blob }
}

function matcher(names: string): (name: string) => boolean {
  const hashed = /^\|1\|([^|]+)\|([^|]+)$/.exec(names)
  if (hashed !== null) {
    const [, salt = '', hash] = hashed
    return name => createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
  }
  const patterns = names.toLowerCase().split(',')
  const refused = patterns.filter(pattern => pattern.startsWith('!')).map(pattern => glob(pattern.slice(1)))
  const taken = patterns.filter(pattern => !pattern.startsWith('!')).map(glob)
  return name => taken.some(each => each.test(name)) && !refused.some(each => each.test(name))
}

/** Only `*` and `?` are special in a pattern (ssh_config(5), PATTERNS). */
const glob = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  )
