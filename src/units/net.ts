/** Addresses that share their first bits: IPv4 or IPv6 in CIDR form. */
export interface Net {
  readonly bits: 32 | 128
  readonly address: bigint
  readonly prefix: number
}

/** Reads `192.0.2.0/24`, `2001:db8::/32`, or one address alone. Undefined for anything else, and for bits behind the prefix. */
export function parseNet(text: string): Net | undefined {
  const [, host = '', length] = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const address = parseAddress(host)
  if (address === undefined) return undefined
  const prefix = length === undefined ? address.bits : Number(length)
  if (prefix > address.bits) return undefined
  const net = { ...address, prefix }
  return net.address & ((1n << BigInt(net.bits - prefix)) - 1n) ? undefined : net
}

/** As it is read: every group of IPv6 is written, and the prefix unless it is one address. */
export function formatNet({ bits, address, prefix }: Net): string {
  const { size, base, between } =
    bits === 32 ? { size: 8, base: 10, between: '.' } : { size: 16, base: 16, between: ':' }
  const parts = Array.from({ length: bits / size }, (_, i) =>
    BigInt.asUintN(size, address >> BigInt(bits - size * (i + 1))).toString(base),
  )
  return `${parts.join(between)}${prefix === bits ? '' : `/${prefix}`}`
}

/** Whether all of `inner` lies within `outer`. */
export const covers = (outer: Net, inner: Net): boolean =>
  outer.bits === inner.bits &&
  outer.prefix <= inner.prefix &&
  outer.address >> BigInt(outer.bits - outer.prefix) === inner.address >> BigInt(inner.bits - outer.prefix)

function parseAddress(text: string): Pick<Net, 'bits' | 'address'> | undefined {
  const v4 = parseIpv4(text)
  if (v4 !== undefined) return { bits: 32, address: v4 }
  const v6 = parseIpv6(text)
  if (v6 === undefined) return undefined
  // An IPv4 client of a socket that takes both appears as ::ffff:192.0.2.1 (RFC 4291, section 2.5.5.2).
  return v6 >> 32n === 0xffffn ? { bits: 32, address: v6 & 0xffff_ffffn } : { bits: 128, address: v6 }
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined
  return parts.reduce((address, part) => (address << 8n) | BigInt(part), 0n)
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map(half => (half === '' ? [] : half.split(':').flatMap(group)))
  const missing = 8 - (head?.length ?? 0) - (tail?.length ?? 0)
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...(head ?? []), ...new Array<number>(missing).fill(0), ...(tail ?? [])]
  return groups.every(each => each >= 0)
    ? groups.reduce((address, each) => (address << 16n) | BigInt(each), 0n)
    : undefined
}

/** A group of four hex digits, or the two that an IPv4 address makes; -1 where it is neither. */
function group(text: string): readonly number[] {
  if (/^[0-9a-fA-F]{1,4}$/.test(text)) return [Number.parseInt(text, 16)]
  const v4 = parseIpv4(text)
  return v4 === undefined ? [-1] : [Number(v4 >> 16n), Number(v4 & 0xffffn)]
}
