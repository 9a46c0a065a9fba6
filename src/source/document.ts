import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument as parse,
  visit,
  type YAMLMap,
} from 'yaml'
import { LockstepError, type Place, type Problem, refuse } from '../errors/error.ts'
import type { Entry, MappingNode, Scalar, ScalarNode, SourceNode } from './node.ts'

/** More than any playbook needs; less than aliases of aliases can blow a small file up to. */
const mostNodes = 100_000
const mostNesting = 100

/**
 * Reads one YAML 1.2 document (core schema). Warnings of the parser count as errors. Throws LockstepErrors with
 * SCHEMA_YAML, or SCHEMA_QUOTE where `{{ }}` needs quotes. An empty file is an empty mapping.
 */
export function parseDocument(file: string, text: string): SourceNode {
  const source = text.replace(/^\uFEFF/, '')
  const lines = new LineCounter()
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const document = parseYaml(source, lines, place)
  refuse(problemsIn(document, source, place))
  if (document.contents === null) return { kind: 'mapping', entries: new Map(), at: place(0) }
  return new Reader(document, source, place).read(document.contents)
}

type PlaceOf = (offset: number) => Place

function parseYaml(source: string, lineCounter: LineCounter, place: PlaceOf): Document.Parsed {
  const options = { version: '1.2', intAsBigInt: true, merge: true, prettyErrors: false, lineCounter } as const
  try {
    return parse(source, options)
  } catch (cause) {
    // The parser reports what it finds; what it throws is a limit of its own, such as the depth of the call stack.
    throw new LockstepError('SCHEMA_YAML', `cannot be read as YAML: ${reasonOf(cause)}`, { at: place(0), cause })
  }
}

/** After a mistake in the syntax whatever follows is in doubt, so only the first one of those is said. */
function problemsIn(document: Document.Parsed, source: string, place: PlaceOf): readonly Problem[] {
  const unquoted = unquotedExpressions(document, source, place)
  if (unquoted.length > 0) return unquoted
  const all = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])
  const first = all.find(({ code }) => !harmless.has(code))
  return all
    .filter(each => each === first || harmless.has(each.code))
    .map(({ code, message, pos: [offset] }) => {
      const opening = unclosed(code, offset, document, source)
      const [words, hint] = opening === undefined ? (explained[code] ?? [lowered(message)]) : ['this is never closed']
      return { code: 'SCHEMA_YAML', message: words, hint, at: place(opening ?? offset) }
    })
}

/** Mistakes that leave the rest of the document readable. */
const harmless: ReadonlySet<string> = new Set(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED'])

const lowered = (message: string) => `${message.charAt(0).toLowerCase()}${message.slice(1)}`

/** The parser complains where something should have ended; its author looks for where it began. */
function unclosed(code: string, offset: number, document: Document.Parsed, source: string): number | undefined {
  if (code !== 'MISSING_CHAR' && code !== 'BAD_INDENT') return undefined
  let opening: number | undefined
  visit(document, {
    Node(_, node) {
      const [start = 0, end = 0] = node.range ?? []
      const closing = closings[source[start] ?? '']
      const opens = isScalar(node) ? node.type !== 'PLAIN' : isCollection(node) && node.flow === true
      const closed = end - start > 1 && source[end - 1] === closing
      if (opens && closing !== undefined && !closed && start < offset) opening = start
    },
  })
  return opening
}

const closings: Readonly<Record<string, string>> = { '{': '}', '[': ']', '"': '"', "'": "'" }

const explained: Partial<Record<string, readonly [message: string, hint: string]>> = {
  DUPLICATE_KEY: ['this key stands here a second time', 'keep one of the two'],
  TAB_AS_INDENT: ['tabs cannot indent YAML', 'use blanks'],
  MULTIPLE_DOCS: ['a second document begins here', 'a file holds one document: one test'],
  BLOCK_AS_IMPLICIT_KEY: ["a second ': ' in one value", "quote the text, or begin a new line after the first ':'"],
  BAD_ALIAS: ["a text that begins with '*' is an alias in YAML", "quote it: '*'"],
  TAG_RESOLVE_FAILED: ['this tag is not known', "leave the '!…' out, or quote the text"],
}

/** `key: {{ x }}` is a mapping inside a mapping for YAML, and an expression for everybody else. */
function unquotedExpressions(document: Document.Parsed, source: string, place: PlaceOf): Problem[] {
  const problems: Problem[] = []
  visit(document, {
    Map(_, node) {
      const [start = 0] = node.range ?? []
      if (!/^\{\s*\{/.test(source.slice(start, start + 80)) || !isCollection(node.items[0]?.key)) return undefined
      const line = source.slice(start).split('\n', 1)[0] ?? ''
      const expression = /^.*\}\s*\}/.exec(line)?.[0] ?? line.trimEnd()
      const [from, to] = expression.includes('"') ? ["'", "'"] : ['"', '"']
      const hint = `quote it: ${from}${expression}${to}`
      problems.push({
        code: 'SCHEMA_QUOTE',
        message: 'a value that begins with {{ needs quotes',
        hint,
        at: place(start),
      })
      return visit.SKIP
    },
  })
  return problems
}

const reasonOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))

/** Turns the parser's tree into ours; lives for one document. */
class Reader {
  readonly #document: Document.Parsed
  readonly #source: string
  readonly #place: PlaceOf
  readonly #open = new Set<Node>()
  #nodes = 0

  constructor(document: Document.Parsed, source: string, place: PlaceOf) {
    this.#document = document
    this.#source = source
    this.#place = place
  }

  read(node: Node, emptyAt?: Place): SourceNode {
    const at = this.#at(node)
    if (++this.#nodes > mostNodes) throw unreadable(`holds more than ${mostNodes} values`, at)
    if (isAlias(node)) return this.read(this.#resolve(node, at))
    if (this.#open.has(node)) throw unreadable('an alias inside the very value that it stands for', at)
    if (this.#open.size >= mostNesting) throw unreadable(`nested more than ${mostNesting} deep`, at)
    this.#open.add(node)
    try {
      if (isScalar(node)) return this.#scalar(node, at, emptyAt)
      if (isSeq(node)) return { kind: 'list', items: node.items.map(item => this.read(item as Node)), at }
      if (isMap(node)) return this.#mapping(node, at)
    } finally {
      this.#open.delete(node)
    }
    throw unreadable('a value of no known kind', at)
  }

  #at(node: Node): Place {
    return this.#place(node.range?.[0] ?? 0)
  }

  #resolve(node: Node, at: Place): Node {
    const target = isAlias(node) ? node.resolve(this.#document) : node
    if (target === undefined) throw unreadable('this alias names no anchor above it', at)
    return target
  }

  #scalar(node: Node & { value?: unknown; source?: string; type?: string }, at: Place, emptyAt?: Place): ScalarNode {
    const { value, source = '', type } = node
    if (value === null) return { kind: 'scalar', value, at: source === '' ? (emptyAt ?? at) : at }
    if (typeof value === 'bigint' || typeof value === 'number') return { kind: 'scalar', value, at, written: source }
    if (typeof value === 'boolean') return { kind: 'scalar', value, at }
    if (typeof value !== 'string') throw unreadable('binary data has no meaning here', at)
    const begin = (node.range?.[0] ?? 0) + (type === 'PLAIN' ? 0 : 1)
    const verbatim = value !== '' && !value.includes('\n') && this.#source.startsWith(value, begin)
    return { kind: 'scalar', value, at, ...(verbatim ? { textAt: this.#place(begin) } : {}) }
  }

  #mapping(node: YAMLMap, at: Place): MappingNode {
    const own = new Map<string, Entry>()
    const merged = new Map<string, Entry>()
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const key = this.#key(pair.key)
      const keyAt = this.#at(pair.key)
      if (key === '<<' && isPlain(pair.key)) this.#merge(pair.value, merged)
      else own.set(key, { key: keyAt, value: this.#valueOf(pair.value, keyAt) })
    }
    // The mapping's own keys stand first and win over the merged ones, wherever `<<` stands.
    for (const [key, value] of merged) if (!own.has(key)) own.set(key, value)
    return { kind: 'mapping', entries: own, at }
  }

  #valueOf(node: Node | null, keyAt: Place): SourceNode {
    return node === null ? { kind: 'scalar', value: null, at: keyAt } : this.read(node, keyAt)
  }

  /** A key is the text that stands there: `1: x` and `true: x` are the keys '1' and 'true'. */
  #key(node: Node): string {
    if (!isScalar(node)) throw unreadable('a key is a text, got a list or mapping', this.#at(node))
    const { value, source } = node as { value: Scalar; source?: string }
    return typeof value === 'string' ? value : (source ?? String(value))
  }

  #merge(node: Node | null, into: Map<string, Entry>): void {
    const value = node === null ? undefined : this.read(node)
    for (const part of value?.kind === 'list' ? value.items : [value]) {
      if (part?.kind !== 'mapping')
        throw unreadable("'<<' takes a mapping or a list of mappings", this.#at(node as Node))
      for (const [key, each] of part.entries) if (!into.has(key)) into.set(key, each)
    }
  }
}

const isPlain = (node: Node) => isScalar(node) && node.type === 'PLAIN'

const unreadable = (message: string, at: Place) => new LockstepError('SCHEMA_YAML', message, { at })
