import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type YAMLMap,
  type Scalar as YamlScalar,
} from 'yaml'
import type { Place } from '../errors/error.ts'
import { placesIn } from './places.ts'
import { type Leaf, leaf, type Mapping, type MappingEntry, type Remark, type Tree, type TreeReading } from './tree.ts'
import { resolvePlain, resolveTagged } from './yaml11-scalars.ts'

/** More than the largest inventory needs; less than aliases of aliases can blow a small file up to. */
const mostNodes = 5_000_000
const mostNesting = 200

/**
 * Reads one document of YAML 1.1 as PyYAML, and so Ansible, reads it: `yes` is true, `010` is 8, `1:30` is 90, `y` and
 * `1e3` are texts, `<<` merges, the last of two equal keys counts. Every integer is a bigint.
 */
export function parseYaml11(file: string, text: string): TreeReading {
  const placeOf = placesIn(file, text)
  const document = parse(text)
  const refused = (problems: readonly Remark[]): TreeReading => ({ root: undefined, problems, warnings: [] })
  if (document === undefined) return refused([{ message: 'nested too deep to be read', at: placeOf(0) }])
  const problems = document.errors.map(({ code, message, pos }) => syntaxProblem(code, message, placeOf(pos[0])))
  if (problems.length > 0 || document.contents === null) return refused(firstPerLine(problems))
  const reader = new Reader(placeOf)
  const root = reader.read(document.contents)
  const nothing = root.kind === 'scalar' && root.value === null
  const readable = reader.problems.length === 0 && !nothing
  return { root: readable ? root : undefined, problems: reader.problems, warnings: reader.warnings }
}

/** The failsafe schema resolves nothing, so that every scalar comes to us as it was written. */
function parse(text: string): Document.Parsed | undefined {
  const options = { schema: 'failsafe', uniqueKeys: false, resolveKnownTags: false, prettyErrors: false } as const
  try {
    return parseDocument(text, options)
  } catch (error) {
    // The parser reports what it finds; this is the end of the call stack.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** One mistake makes the parser complain several times in a row. */
const firstPerLine = (problems: readonly Remark[]) =>
  problems.filter(({ at }, i) => problems.findIndex(each => each.at.line === at.line) === i)

const explained: Partial<Record<string, Omit<Remark, 'at'>>> = {
  TAB_AS_INDENT: { message: 'tabs cannot indent YAML', hint: 'use blanks' },
  MULTIPLE_DOCS: { message: 'a second document begins here', hint: 'a file holds one document' },
  BLOCK_AS_IMPLICIT_KEY: { message: "a second ': ' in one value", hint: "quote the text after the first ':'" },
}

const syntaxProblem = (code: string, message: string, at: Place): Remark => ({
  ...(explained[code] ?? unclosed(message) ?? { message: `${message.charAt(0).toLowerCase()}${message.slice(1)}` }),
  at,
})

function unclosed(message: string): Omit<Remark, 'at'> | undefined {
  const bracket = /end with a ([\]}])$/.exec(message)?.[1]
  return bracket === undefined ? undefined : { message: `expected '${bracket}' before this: a bracket is never closed` }
}

/** Turns the parser's tree into ours; lives for one document. */
class Reader {
  readonly problems: Remark[] = []
  readonly warnings: Remark[] = []
  readonly #placeOf: (offset: number) => Place
  /** By name: what was anchored, and how many nodes it stands for. Undefined while it is being read. */
  readonly #anchors = new Map<string, { readonly tree: Tree; readonly size: number } | undefined>()
  #nodes = 0
  #depth = 0

  constructor(placeOf: (offset: number) => Place) {
    this.#placeOf = placeOf
  }

  read(node: Node | null, emptyAt?: Place): Tree {
    const at = isEmpty(node) ? (emptyAt ?? this.#at(node)) : this.#at(node)
    if (node === null) return leaf(null, at)
    if (isAlias(node)) return this.#alias(node.source, at)
    const before = this.#nodes++
    const { anchor } = node as { anchor?: string }
    if (anchor !== undefined) this.#anchors.set(anchor, undefined)
    const tree = this.#depth > mostNesting ? this.#refuse('nested too deep', at) : this.#deeper(node, at)
    if (anchor !== undefined) this.#anchors.set(anchor, { tree, size: this.#nodes - before })
    return tree
  }

  #at(node: Node | null): Place {
    return this.#placeOf(node?.range?.[0] ?? 0)
  }

  #deeper(node: Node, at: Place): Tree {
    this.#depth++
    try {
      if (isScalar(node)) return this.#scalar(node as YamlScalar<string>, at)
      if (isMap(node)) return this.#tagged(node.tag, 'map', this.#mapping(node, at))
      if (isSeq(node)) {
        const items = node.items.map(item => this.read(item as Node | null, at))
        return this.#tagged(node.tag, 'seq', { kind: 'list', items, at })
      }
      return this.#refuse('a value of no known kind', at)
    } finally {
      this.#depth--
    }
  }

  #refuse(message: string, at: Place, hint?: string): Leaf {
    this.problems.push(hint === undefined ? { message, at } : { message, hint, at })
    return leaf(null, at)
  }

  #alias(name: string, at: Place): Tree {
    if (!this.#anchors.has(name))
      return this.#refuse(`no anchor '&${name}' stands above this alias`, at, `for the text '*${name}' use quotes`)
    const anchored = this.#anchors.get(name)
    if (anchored === undefined) return this.#refuse(`alias '*${name}' stands inside the value it means`, at)
    this.#nodes += anchored.size
    if (this.#nodes > mostNodes) return this.#refuse(`aliases make more than ${mostNodes} values of this file`, at)
    return anchored.tree
  }

  #scalar(node: YamlScalar<string>, at: Place): Leaf {
    const { value: text, tag } = node
    if (tag === '!vault' || tag === '!vault-encrypted') return { kind: 'scalar', value: text, at, tag: 'vault' }
    if (tag === '!unsafe') return { kind: 'scalar', value: text, at, tag: 'unsafe' }
    const resolved = tag ? resolveTagged(tag, text) : node.type === 'PLAIN' ? resolvePlain(text) : { value: text }
    if (resolved === undefined) return this.#unknownTag(tag, at)
    if ('problem' in resolved) return this.#refuse(resolved.problem, at)
    if (resolved.surprise !== undefined)
      this.warnings.push({ message: `${text} is ${resolved.surprise} here: quote it if it is a text`, at })
    return leaf(resolved.value, at, typeof resolved.value === 'string' ? undefined : text)
  }

  #unknownTag(tag: string | undefined, at: Place): Leaf {
    return this.#refuse(`the tag ${tag} is not known`, at, "leave the '!' out, or quote the text")
  }

  #tagged(tag: string | undefined, usual: 'map' | 'seq', tree: Tree): Tree {
    if (tag === undefined || tag === '!' || tag === `tag:yaml.org,2002:${usual}`) return tree
    return tag === '!unsafe' ? markUnsafe(tree) : this.#unknownTag(tag, tree.at)
  }

  #mapping(node: YAMLMap, at: Place): Mapping {
    const own = new Map<string, MappingEntry>()
    const merged = new Map<string, MappingEntry>()
    for (const { key, value } of node.items as { key: Node | null; value: Node | null }[]) {
      const keyAt = this.#at(key)
      if (isMergeKey(key)) this.#merge(this.read(value, keyAt), merged)
      else this.#entry(key, keyAt, value, own)
    }
    for (const [name, entry] of own) merged.set(name, entry)
    return { kind: 'mapping', entries: merged, at }
  }

  #entry(keyNode: Node | null, keyAt: Place, value: Node | null, into: Map<string, MappingEntry>): void {
    const key = this.read(keyNode, keyAt)
    if (key.kind !== 'scalar') {
      this.#refuse(`a key is a text, got a ${key.kind}`, keyAt, 'a value that begins with {{ needs quotes')
      return
    }
    const name = String(key.value)
    if (into.has(name))
      this.warnings.push({ message: `'${name}' stands here a second time: this one counts`, at: keyAt })
    into.set(name, { key: keyAt, keyIsText: typeof key.value === 'string', value: this.read(value, keyAt) })
  }

  /** Of several merged mappings of one `<<` the first wins; a later `<<` wins over an earlier one. */
  #merge(value: Tree, into: Map<string, MappingEntry>): void {
    const parts = value.kind === 'list' ? [...value.items].reverse() : [value]
    for (const part of parts) {
      if (part.kind !== 'mapping') this.#refuse("'<<' takes a mapping or a list of mappings", part.at)
      else for (const [name, entry] of part.entries) into.set(name, entry)
    }
  }
}

const isEmpty = (node: Node | null) => node === null || (isScalar(node) && node.type === 'PLAIN' && node.value === '')
const isMergeKey = (key: Node | null) => isScalar(key) && key.type === 'PLAIN' && key.value === '<<' && !key.tag

function markUnsafe(tree: Tree): Tree {
  if (tree.kind === 'list') return { ...tree, items: tree.items.map(markUnsafe) }
  if (tree.kind === 'scalar')
    return typeof tree.value === 'string' && tree.tag === undefined ? { ...tree, tag: 'unsafe' } : tree
  const entries = [...tree.entries].map(
    ([name, entry]) => [name, { ...entry, value: markUnsafe(entry.value) }] as const,
  )
  return { ...tree, entries: new Map(entries) }
}
