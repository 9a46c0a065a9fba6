import type { Place } from '../errors/error.ts'
import type { Entry, SourceNode } from '../source/node.ts'

/** The way to a value of a playbook: keys of mappings, numbers of list items, counted from 0. */
export type KeyPath = readonly (string | number)[]

export interface PathFault {
  readonly message: string
  readonly hint?: string | undefined
}

/**
 * Reads `iperf3.parallel`, `flows.a.frame-size`, `setup[0].run` or `setup.0.run` as a path of the document. Where a key of
 * the document has dots itself (`hosts.n1.lab.port`) the longest one that fits counts; quotes hold together what stands
 * nowhere yet (`vars."a.b"`). The last keys may be new; what is in the way must be a mapping or list.
 */
export function readPath(text: string, document: SourceNode): KeyPath | PathFault {
  const path: (string | number)[] = []
  let node: SourceNode | undefined = document
  for (let rest = text; rest !== ''; ) {
    const taken = nextKey(rest, node)
    if (taken === undefined) return { message: `'${text}' is no path to a key: it stops making sense at '${rest}'` }
    const fault = node && faultAt(taken.key, node, path.join('.'))
    if (fault !== undefined) return fault
    const key = node?.kind === 'list' ? Number(taken.key) : taken.key
    path.push(key)
    node = valueAt(node, key)
    rest = taken.rest
  }
  return path.length === 0 ? { message: 'the path to a key is empty' } : path
}

/** The document with another value at a path. Mappings that are missing on the way are made, standing at `keyAt`. */
export function withValue(document: SourceNode, path: KeyPath, value: SourceNode, keyAt: Place): SourceNode {
  const [key, ...below] = path
  if (key === undefined) return value
  const inside = (node: SourceNode | undefined) => withValue(node ?? nothingAt(keyAt), below, value, keyAt)
  if (typeof key === 'number' && document.kind === 'list')
    return { ...document, items: document.items.map((item, index) => (index === key ? inside(item) : item)) }
  const known: ReadonlyMap<string, Entry> = document.kind === 'mapping' ? document.entries : new Map()
  const entry = known.get(String(key))
  const changed = { key: entry?.key ?? keyAt, value: inside(entry?.value) }
  return { kind: 'mapping', at: document.at, entries: new Map([...known, [String(key), changed]]) }
}

/** How a path is written: `setup[0].run`. */
export const pathInWords = (path: KeyPath): string =>
  path.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${quoted(key)}`)).join('')

const quoted = (key: string) => (/[.[\]"']/.test(key) ? JSON.stringify(key) : key)

/** Takes the first key off a path, with the dot behind it. */
function nextKey(text: string, node: SourceNode | undefined): { key: string; rest: string } | undefined {
  const known = node?.kind === 'mapping' ? [...node.entries.keys()] : []
  const fitting = known.filter(key => key !== '' && text.startsWith(key) && /^($|[.[])/.test(text.slice(key.length)))
  const [longest] = fitting.sort((a, b) => b.length - a.length)
  if (longest !== undefined) return { key: longest, rest: behind(text.slice(longest.length)) }
  const match = /^(?:"([^"]+)"|'([^']+)'|\[(\d+)\]|([^.[\]"']+))(?=$|[.[])(.*)$/.exec(text)
  const key = match?.[1] ?? match?.[2] ?? match?.[3] ?? match?.[4]
  return key === undefined ? undefined : { key, rest: behind(match?.[5] ?? '') }
}

/** `.x` goes on with `x`, `[0]` with itself; a dot at the end is kept, so that it is found to lead nowhere. */
const behind = (rest: string) => (rest.startsWith('.') && rest.length > 1 ? rest.slice(1) : rest)

function faultAt(key: string, node: SourceNode, path: string): PathFault | undefined {
  if (node.kind === 'mapping' || isEmpty(node)) return undefined
  if (node.kind === 'scalar') return { message: `'${path}' is one value, so there is no '${key}' in it` }
  const has = `'${path}' is a list of ${node.items.length}, counted from 0`
  if (!/^\d+$/.test(key)) return { message: `${has}: expected a number, got '${key}'`, hint: `${path}[0]` }
  return Number(key) < node.items.length ? undefined : { message: `${has}: there is no '${key}'` }
}

const isEmpty = (node: SourceNode) => node.kind === 'scalar' && node.value === null

const valueAt = (node: SourceNode | undefined, key: string | number): SourceNode | undefined =>
  node?.kind === 'list'
    ? node.items[Number(key)]
    : node?.kind === 'mapping'
      ? node.entries.get(String(key))?.value
      : undefined

const nothingAt = (at: Place): SourceNode => ({ kind: 'scalar', value: null, at })
