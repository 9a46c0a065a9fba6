import type { Place } from '../errors/error.ts'
import { leaf, type MappingEntry, type Tree } from '../source/tree.ts'
import { readPythonText } from './python-text.ts'

/** What a value of an INI inventory means: a Python literal where the text is one, otherwise the text. */
export const readValue = (text: string, at: Place): Tree => readLiteral(text, at) ?? { kind: 'scalar', value: text, at }

/**
 * Reads one Python literal (The Python Language Reference 3.11, 2.4 and 6.2): text, number, True, False, None, list,
 * tuple (becomes a list), dictionary. Undefined for anything else, and for what no inventory value can hold: sets,
 * complex numbers, `...`, dictionaries with unhashable keys.
 */
export function readLiteral(text: string, at: Place): Tree | undefined {
  try {
    return new LiteralReader(text, at).read()
  } catch (error) {
    if (error instanceof NoLiteral) return undefined
    throw error
  }
}

class NoLiteral extends Error {}

/** Python's own limit of nested brackets. */
const mostNesting = 200
/** Python's own limit of decimal digits. */
const mostDigits = 4300

const digits = String.raw`\d(?:_?\d)*`
const exponent = `[eE][-+]?${digits}`
const floatToken = new RegExp(
  String.raw`(?:${digits})?\.${digits}(?:${exponent})?|${digits}\.(?:${exponent})?|${digits}${exponent}`,
  'y',
)
const integerToken = /0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|[1-9](?:_?\d)*|0(?:_?0)*/y
const wordToken = /(?:True|False|None)(?![\p{L}\p{N}_])/uy
const gap = /[ \t\f]*/y

class LiteralReader {
  readonly #text: string
  readonly #at: Place
  #next = 0
  #depth = 0

  constructor(text: string, at: Place) {
    this.#text = text
    this.#at = at
  }

  read(): Tree {
    this.#gap()
    if (this.#isText()) return this.#textAlone()
    const first = this.#value()
    const tree = this.#peek() === ',' ? this.#restOf([first], '') : first
    return this.#atEnd() ? tree : fail()
  }

  /** Only a text on its own may be one of bytes. */
  #textAlone(): Tree {
    const text = this.#texts()
    if (this.#atEnd()) return leaf(text.value, this.#at)
    if (text.bytes) fail()
    const tree = this.#restOf([leaf(text.value, this.#at)], '')
    return this.#atEnd() ? tree : fail()
  }

  #value(): Tree {
    const sign = this.#take(/[-+]/y)
    if (sign !== undefined) return this.#signed(sign)
    if (this.#isText()) {
      const { value, bytes } = this.#texts()
      return bytes ? fail() : leaf(value, this.#at)
    }
    const word = this.#take(wordToken)
    if (word !== undefined) return leaf(word === 'None' ? null : word === 'True', this.#at)
    const opening = this.#take(/[[({]/y)
    if (opening === undefined) return this.#number()
    if (++this.#depth > mostNesting) fail()
    const tree = opening === '[' ? this.#restOf([], ']') : opening === '(' ? this.#parenthesis() : this.#dictionary()
    this.#depth--
    return tree
  }

  #signed(sign: string): Tree {
    const tree = this.#value()
    if (tree.kind !== 'scalar' || (typeof tree.value !== 'bigint' && typeof tree.value !== 'number')) return fail()
    if (/^[-+]/.test(tree.written ?? String(tree.value))) return fail()
    return leaf(sign === '-' ? -tree.value : tree.value, this.#at, sign + (tree.written ?? String(tree.value)))
  }

  #number(): Tree {
    const float = this.#take(floatToken)
    const integer = float === undefined ? this.#take(integerToken) : undefined
    const written = float ?? integer ?? fail()
    if (/[\p{L}\p{N}_.]/u.test(this.#text[this.#next] ?? '')) fail()
    const plain = written.replaceAll('_', '')
    if (float !== undefined) return leaf(Number(plain), this.#at, written)
    if (plain.length > mostDigits) fail()
    return leaf(BigInt(plain), this.#at, written)
  }

  #parenthesis(): Tree {
    if (this.#take(/\)/y) !== undefined) return { kind: 'list', items: [], at: this.#at }
    const first = this.#value()
    if (this.#take(/\)/y) !== undefined) return first
    return this.#restOf([first], ')')
  }

  /** The rest of a list after `items`, up to `closing`; with no closing, up to the end of the text. */
  #restOf(items: Tree[], closing: ']' | ')' | ''): Tree {
    const ended = () => (closing === '' ? this.#atEnd() : this.#peek() === closing)
    if (items.length > 0 && this.#take(/,/y) === undefined) fail()
    while (!ended()) {
      items.push(this.#value())
      if (this.#take(/,/y) === undefined && !ended()) fail()
    }
    this.#next += closing.length
    return { kind: 'list', items, at: this.#at }
  }

  #dictionary(): Tree {
    const entries = new Map<string, MappingEntry>()
    while (this.#take(/\}/y) === undefined) {
      const key = this.#value()
      if (key.kind !== 'scalar' || this.#take(/:/y) === undefined) fail()
      const { value: name } = key as { value: unknown }
      const entry = { key: this.#at, keyIsText: typeof name === 'string', value: this.#value() }
      entries.set(String(name), entry)
      if (this.#take(/,/y) === undefined && this.#peek() !== '}') fail()
    }
    return { kind: 'mapping', entries, at: this.#at }
  }

  #isText(): boolean {
    this.#gap()
    return /^[rRuUbB]{0,2}["']/.test(this.#text.slice(this.#next, this.#next + 3))
  }

  /** Neighbouring texts are one text; all of bytes, or none. */
  #texts(): { readonly value: string; readonly bytes: boolean } {
    let [value, bytes, first] = ['', false, true]
    while (this.#isText()) {
      const text = readPythonText(this.#text, this.#next) ?? fail()
      if (!first && text.bytes !== bytes) fail()
      value += text.value
      bytes = text.bytes
      first = false
      this.#next = text.end
    }
    return { value, bytes }
  }

  #peek(): string | undefined {
    this.#gap()
    return this.#text[this.#next]
  }

  /** A comment may follow. */
  #atEnd(): boolean {
    const next = this.#peek()
    return next === undefined || next === '#'
  }

  #gap(): void {
    gap.lastIndex = this.#next
    this.#next += gap.exec(this.#text)?.[0].length ?? 0
  }

  #take(token: RegExp): string | undefined {
    this.#gap()
    token.lastIndex = this.#next
    const found = token.exec(this.#text)?.[0]
    this.#next += found?.length ?? 0
    return found
  }
}

function fail(): never {
  throw new NoLiteral()
}
