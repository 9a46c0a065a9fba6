/** RFC 2544: 198.18.0.0/15 is for benchmarks of network devices and is routed nowhere. */
const networks = [18, 19].flatMap(second => Array.from({ length: 256 }, (_, third) => `198.${second}.${third}`))

interface Route {
  /** `default`, an address or a network, as `ip -json route` prints it. */
  readonly dst: string
}

/** The first /24 that neither another lab nor a route of this machine uses, by its first three octets. */
export function freeNetwork(taken: readonly string[], routes: readonly Route[]): string | undefined {
  const ranges = routes.map(route => rangeOf(route.dst)).filter(range => range !== undefined)
  return networks.find(network => {
    const { first, last } = rangeOf(`${network}.0/24`) ?? { first: 0, last: 0 }
    return !taken.includes(network) && !ranges.some(range => range.first <= last && first <= range.last)
  })
}

/** The default route and other routes to half the world do not claim the benchmark networks. */
function rangeOf(destination: string): { first: number; last: number } | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(destination)
  if (match === null) return undefined
  const length = Number(match[5] ?? 32)
  if (length < 8) return undefined
  const address = match.slice(1, 5).reduce((value, part) => value * 256 + Number(part), 0)
  const size = 2 ** (32 - length)
  const first = Math.floor(address / size) * size
  return { first, last: first + size - 1 }
}
