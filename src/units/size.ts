import { type Octets, octets } from './quantity.ts'
import { binary, decimal, parseScaled, type Scale, scaleOf } from './scaled.ts'

/** The prefixes of a size: k, M, G, T are powers of 1000; Ki, Mi, Gi, Ti are powers of 1024. */
export const sizePrefixes: readonly string[] = [...decimal, ...binary].map(([prefix]) => prefix)

/**
 * Reads `1500B`, `64k`, `1.5M`, `64Ki`, `1MiB`, `0`: whole octets. `B` may follow a prefix and has to stand without one. Undefined
 * when the text is no size, has no unit (only zero needs none) or names a fraction of an octet.
 */
export function parseSize(text: string): Octets | undefined {
  const value = parseScaled(text, factorOf)
  return value === undefined ? undefined : octets(value)
}

function factorOf(suffix: string): bigint | undefined {
  const prefix = suffix.replace(/B$/, '').replace(/^K$/, 'k')
  if (prefix === '') return 1n
  return ([...decimal, ...binary] as readonly Scale[]).find(([name]) => name === prefix)?.[1]
}

/** The shortest exact way to write a size: `64k`, `64Ki`, `1500B`, `0`. */
export function formatSize(size: Octets): string {
  if (size === 0n) return '0'
  const [prefix, factor] = scaleOf(size, decimal) ?? scaleOf(size, binary) ?? ['B', 1n]
  return `${size / factor}${prefix}`
}
