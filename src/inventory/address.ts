/** A host as a source names it: the name (or pattern of names) and the port behind it. */
export interface NameAndPort {
  readonly name: string
  readonly port?: bigint
}

/**
 * Takes the port off `NAME:PORT` and `[ADDRESS]:PORT`. A bare IPv6 address has no port, and neither has a text whose
 * front is no address, name or range: that is a name as a whole.
 */
export function splitPort(text: string): NameAndPort {
  const [, address, addressPort] = /^\[(.+)\]:(\d+)$/.exec(text) ?? []
  if (address !== undefined && addressPort !== undefined && isIpv6(address))
    return { name: address, port: BigInt(addressPort) }
  const [, name, port] = /^((?:[^:[\]]|\[[^\]]*\])+):(\d+)$/.exec(text) ?? []
  if (name === undefined || port === undefined || !isNameOrAddress(name)) return { name: text }
  return { name, port: BigInt(port) }
}

/** Whether a text is one address, name or range of names, with or without a port: no list of patterns. */
export const isOneHost = (text: string): boolean => splitPort(text).port !== undefined || isNameOrAddress(text)

const isNameOrAddress = (text: string) => isIpv6(text) || isHostname(text)

const numbers = String.raw`\[\d+:\d+(?::\d+)?\]`
const letters = String.raw`\[[a-z]:[a-z](?::\d+)?\]`
const hexadecimals = String.raw`\[[\da-f]+:[\da-f]+(?::\d+)?\]`

// A label begins with a letter or digit and does not end with '-' or '_'; ranges may stand anywhere in it. An IPv4
// address has the form of a name.
const label = String.raw`(?:[\p{L}\p{N}_]|${numbers}|${letters})(?:[\p{L}\p{N}_-]|${numbers}|${letters})*(?<![_-])`
const hostname = new RegExp(String.raw`^${label}(?:\.${label})*$`, 'iu')
const isHostname = (text: string) => hostname.test(text)

/** RFC 4291, 2.2, all three forms; a group may be a range of hexadecimal numbers. */
export function isIpv6(text: string): boolean {
  const plain = text.replaceAll(new RegExp(hexadecimals, 'gi'), '0').replace(/\d+(?:\.\d+){3}$/, asTwoGroups)
  const halves = plain.split('::')
  const groups = halves.flatMap(half => (half === '' ? [] : half.split(':')))
  if (halves.length > 2 || !groups.every(group => /^[\da-f]{1,4}$/i.test(group))) return false
  return halves.length === 2 ? groups.length <= 7 : groups.length === 8
}

const asTwoGroups = (address: string) => (isIpv4(address) ? '0:0' : address)

export const isIpv4 = (text: string): boolean =>
  /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) && text.split('.').every(part => Number(part) <= 255)
