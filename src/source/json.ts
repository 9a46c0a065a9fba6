import type { Place } from '../errors/error.ts'
import { placesIn } from './places.ts'
import { leaf, type Mapping, type MappingEntry, type Sequence, type Tree } from './tree.ts'

/**
 * Reads one JSON value with its places and exact integers; undefined when the text is no JSON. `NaN` and `Infinity`
 * are numbers, as in Python. Of two equal keys the last counts.
 */
export function parseJson(file: string, text: string): Tree | undefined {
  const reader = new JsonReader(text, placesIn(file, text))
  const tree = reader.value(0)
  return tree !== undefined && reader.atEnd() ? tree : undefined
}

const mostNesting = 200
const blanks = /[ \t\r\n]*/y
const textToken = /"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\x00-\x1f]*)*"/y
const numberToken = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y
const wordToken = /true|false|null|NaN|-?Infinity/y
const words = { true: true, false: false, null: null, NaN: Number.NaN, Infinity, '-Infinity': -Infinity } as const

/** Every method returns undefined where the text is no JSON. */
class JsonReader {
  readonly #text: string
  readonly #placeOf: (offset: number) => Place
  #next = 0

  constructor(text: string, placeOf: (offset: number) => Place) {
    this.#text = text
    this.#placeOf = placeOf
  }

  value(depth: number): Tree | undefined {
    if (depth > mostNesting) return undefined
    this.#take(blanks)
    const at = this.#placeOf(this.#next)
    if (this.#takeChar('{')) return this.#mapping(at, depth)
    if (this.#takeChar('[')) return this.#list(at, depth)
    const text = this.#take(textToken)
    if (text !== undefined) return leaf(JSON.parse(text[0]) as string, at)
    const word = this.#take(wordToken)
    if (word !== undefined) return leaf(words[word[0] as keyof typeof words], at)
    const number = this.#take(numberToken)
    if (number === undefined) return undefined
    const [written, fraction, exponent] = number
    return leaf(fraction === undefined && exponent === undefined ? BigInt(written) : Number(written), at, written)
  }

  atEnd(): boolean {
    this.#take(blanks)
    return this.#next === this.#text.length
  }

  #mapping(at: Place, depth: number): Mapping | undefined {
    const entries = new Map<string, MappingEntry>()
    this.#take(blanks)
    if (this.#takeChar('}')) return { kind: 'mapping', entries, at }
    do {
      this.#take(blanks)
      const keyAt = this.#placeOf(this.#next)
      const key = this.#take(textToken)
      this.#take(blanks)
      const value = key !== undefined && this.#takeChar(':') ? this.value(depth + 1) : undefined
      if (key === undefined || value === undefined) return undefined
      entries.set(JSON.parse(key[0]) as string, { key: keyAt, keyIsText: true, value })
      this.#take(blanks)
    } while (this.#takeChar(','))
    return this.#takeChar('}') ? { kind: 'mapping', entries, at } : undefined
  }

  #list(at: Place, depth: number): Sequence | undefined {
    const items: Tree[] = []
    this.#take(blanks)
    if (this.#takeChar(']')) return { kind: 'list', items, at }
    do {
      const item = this.value(depth + 1)
      if (item === undefined) return undefined
      items.push(item)
      this.#take(blanks)
    } while (this.#takeChar(','))
    return this.#takeChar(']') ? { kind: 'list', items, at } : undefined
  }

  #take(token: RegExp): RegExpExecArray | undefined {
    token.lastIndex = this.#next
    const found = token.exec(this.#text)
    if (found === null) return undefined
    this.#next += found[0].length
    return found
  }

  #takeChar(char: string): boolean {
    const found = this.#text[this.#next] === char
    if (found) this.#next++
    return found
  }
}
