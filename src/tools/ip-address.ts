export interface IpAddress {
  /** 16 octets in hex; an IPv4 address in its IPv6-mapped form, so that equal hosts are equal texts. */
  readonly key: string
  /** The device behind `%`: isochron binds its socket to it. */
  readonly device: string | undefined
}

/** A numeric IPv4 or IPv6 address with an optional `%device`, as inet_pton(3) takes them; undefined for anything else. */
export function parseIp(text: string): IpAddress | undefined {
  const [address = '', device, ...more] = text.split('%')
  if (more.length > 0 || (device !== undefined && (device === '' || Buffer.byteLength(device) > 15))) return undefined
  const octets = address.includes(':') ? ipv6(address) : mapped(ipv4(address))
  return octets && { key: Buffer.from(octets).toString('hex'), device }
}

function ipv4(text: string): number[] | undefined {
  const octets = text.split('.').map(part => (/^(0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256))
  return octets.length === 4 && octets.every(octet => octet < 256) ? octets : undefined
}

const mapped = (octets: number[] | undefined) => octets && [...new Array<number>(10).fill(0), 0xff, 0xff, ...octets]

/** RFC 4291, section 2.2: eight groups, one run of zeros as `::`, the last two groups perhaps as IPv4. */
function ipv6(text: string): number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const parts = halves.map((half, i) => (half === '' ? [] : groups(half, i === halves.length - 1)))
  const [head, tail] = parts
  if (head === undefined || parts.some(part => part === undefined)) return undefined
  if (halves.length === 1) return head.length === 16 ? head : undefined
  const zeros = 16 - head.length - (tail?.length ?? 0)
  return zeros < 2 ? undefined : [...head, ...new Array<number>(zeros).fill(0), ...(tail ?? [])]
}

function groups(text: string, isLast: boolean): number[] | undefined {
  const parts = text.split(':')
  const octets = parts.map((part, i) => {
    if (isLast && i === parts.length - 1 && part.includes('.')) return ipv4(part)
    return /^[0-9a-f]{1,4}$/i.test(part)
      ? [Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 0xff]
      : undefined
  })
  return octets.every(each => each !== undefined) ? octets.flat() : undefined
}
