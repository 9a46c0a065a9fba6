import { parseJson } from './json.ts'
import type { Tree } from './tree.ts'

export type EngineFunction = (...args: unknown[]) => unknown

/** Filters of Ansible that inventories and steps use, and that the engine lacks or reads otherwise. */
export const filters: Readonly<Record<string, EngineFunction>> = {
  regex_replace: (text, pattern, replacement) =>
    // Python writes a group \1 where JavaScript writes $1, and takes a bare $ as it is.
    String(text).replace(
      new RegExp(String(pattern), 'g'),
      String(replacement ?? '')
        .replaceAll('$', '$$$$')
        .replaceAll(/\\(\d)/g, '$$$1'),
    ),
  regex_search: (text, pattern) => new RegExp(String(pattern)).exec(String(text))?.[0] ?? '',
  format: (text, ...args) => printf(String(text), args),
  to_json: value => jsonOf(value),
  from_json: text => fromJson(String(text)),
  ternary: (value, yes, no) => (value === true || truthOf(value) ? yes : no),
  bool: truthOf,
  int: toInteger,
  basename: path => String(path).replace(/^.*\//s, ''),
  dirname: path => /^(.*)\/[^/]*$/s.exec(String(path))?.[1] ?? '',
  flatten: list => listIn(list).flat(Number.POSITIVE_INFINITY),
  union: (a, b) => distinct([...listIn(a), ...listIn(b)]),
  intersect: (a, b) => distinct(listIn(a)).filter(each => has(listIn(b), each)),
  difference: (a, b) => distinct(listIn(a)).filter(each => !has(listIn(b), each)),
  combine: (...maps) => Object.fromEntries(maps.flatMap(entriesIn)),
  dict2items: map => entriesIn(map).map(([key, value]) => ({ key, value })),
}

export const tests: Readonly<Record<string, EngineFunction>> = {
  match: (text, pattern) => new RegExp(`^(?:${String(pattern)})`).test(String(text)),
  search: (text, pattern) => new RegExp(String(pattern)).test(String(text)),
}

/** As Ansible reads a truth: yes, on, true, 1 in any case; everything else is false. */
function truthOf(value: unknown): boolean {
  return /^(?:yes|on|true|1)$/i.test(String(value))
}

/** Python's int() with its default: what cannot be read gives `otherwise`. */
function toInteger(value: unknown, ...more: unknown[]): unknown {
  const named = more.find(each => each instanceof Map)
  const [otherwise = named?.get('default') ?? 0, base = named?.get('base') ?? 10] = more.filter(each => each !== named)
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Math.trunc(value)
  const [, sign, prefix = '', digits = ''] = /^\s*([+-]?)(0[xob])?([\da-z]+)(?:\.\d*)?\s*$/i.exec(String(value)) ?? []
  const radix = Number(base) === 0 && prefix !== '' ? radixes[prefix.toLowerCase()] : Number(base)
  const fits = prefix === '' || radixes[prefix.toLowerCase()] === radix
  const read = fits && radix !== undefined ? digitsIn(digits, BigInt(radix || 10)) : undefined
  return read === undefined ? otherwise : sign === '-' ? -read : read
}

const radixes: Readonly<Record<string, number>> = { '0x': 16, '0o': 8, '0b': 2 }

function digitsIn(text: string, radix: bigint): bigint | undefined {
  let value = 0n
  for (const digit of text.toLowerCase()) {
    const size = BigInt(Number.parseInt(digit, 36))
    if (size >= radix) return undefined
    value = value * radix + size
  }
  return text === '' ? undefined : value
}

const listIn = (value: unknown): unknown[] => {
  if (Array.isArray(value)) return value
  throw new Error('this filter takes a list')
}

/** The engine hands out Maps for mappings. */
function entriesIn(value: unknown): (readonly [string, unknown])[] {
  if (value instanceof Map) return [...value].map(([key, each]) => [String(key), each] as const)
  throw new Error('this filter takes a mapping')
}

const has = (list: readonly unknown[], wanted: unknown) => list.some(each => jsonOf(each) === jsonOf(wanted))

const distinct = (list: readonly unknown[]) =>
  list.filter((each, index) => list.findIndex(other => jsonOf(other) === jsonOf(each)) === index)

/** As Python's json.dumps separates it. */
function jsonOf(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(', ')}]`
  if (value instanceof Map) {
    return `{${[...value].map(([key, each]) => `${JSON.stringify(String(key))}: ${jsonOf(each)}`).join(', ')}}`
  }
  return JSON.stringify(value ?? null)
}

function fromJson(text: string): unknown {
  const tree = parseJson('', text)
  if (tree === undefined) throw new Error('from_json: this text is no JSON')
  return bare(tree)
}

function bare(tree: Tree): unknown {
  if (tree.kind === 'list') return tree.items.map(bare)
  if (tree.kind === 'mapping')
    return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, bare(value)]))
  const { value } = tree
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value
}

/** The part of Python's `%` that host names and interface names need: %s %d %x with width and zeros. */
function printf(text: string, args: readonly unknown[]): string {
  const left = [...args]
  return text.replaceAll(/%(?:(%)|(0?)(\d*)([sdx]))/g, (_, percent, zero: string, width: string, kind: string) => {
    if (percent !== undefined) return '%'
    if (left.length === 0) throw new Error(`format: too few values for '${text}'`)
    const value = left.shift()
    const written = kind === 's' ? String(value) : BigInt(value as number).toString(kind === 'x' ? 16 : 10)
    return written.padStart(Number(width), zero === '0' ? '0' : ' ')
  })
}
