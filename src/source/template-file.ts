import type { Place } from '../errors/error.ts'
import { functions } from './engine.ts'
import { placesIn } from './places.ts'
import { isKeyword, namesIn } from './template.ts'

/** A variable that the file of a template needs from outside, where it first stands. */
export interface PlacedName {
  readonly name: string
  readonly guarded: boolean
  readonly at: Place
}

/** A tag that asks for another file, which a template cannot have. */
export interface ForeignTag {
  readonly tag: string
  readonly at: Place
}

/**
 * The variables that the file of a template needs: everything that `{{ }}` and `{% %}` name and that the file itself does
 * not make. A name that the file makes anywhere (for, set, with, macro) is taken as known in all of it.
 */
export function namesInTemplate(
  file: string,
  text: string,
): { readonly names: readonly PlacedName[]; readonly foreign: readonly ForeignTag[] } {
  const placeOf = placesIn(file, text)
  const uses = new Map<string, PlacedName>()
  const made = new Set(['loop', 'caller', 'self', 'super', 'recursive', 'varargs', 'kwargs'])
  const foreign: ForeignTag[] = []
  for (const { inside, from, isTag } of piecesOf(text)) {
    const [, tag = '', rest = ''] = isTag ? (/^\s*(\w+)([\s\S]*)$/.exec(inside) ?? []) : []
    if (foreignTags.has(tag)) foreign.push({ tag, at: placeOf(from + inside.indexOf(tag)) })
    if (endings.test(tag)) continue
    const begin = isTag ? inside.length - rest.length : 0
    for (const name of madeBy(tag, rest)) made.add(name)
    for (const use of namesIn(inside.slice(begin), functions)) {
      const earlier = uses.get(use.name)
      const guarded = use.guarded || earlier?.guarded === true
      const at = earlier?.at ?? placeOf(from + begin + use.from)
      uses.set(use.name, { name: use.name, guarded, at })
    }
  }
  return { names: [...uses.values()].filter(({ name }) => !made.has(name)), foreign }
}

const foreignTags: ReadonlySet<string> = new Set(['include', 'import', 'from', 'extends'])
const endings = /^(?:end\w*|else|raw|block|filter|autoescape|include|import|from|extends)$/

/** The names that a tag makes: loop variables, set and with, a macro with its parameters, what `call(x)` hands on. */
function madeBy(tag: string, rest: string): string[] {
  const names = (text: string) => (text.match(/[A-Za-z_]\w*/g) ?? []).filter(word => !isKeyword(word))
  if (tag === 'for') return names(/^([\s\S]*?)\bin\b/.exec(rest)?.[1] ?? '')
  if (tag === 'set') return names(/^([^=]*)/.exec(rest)?.[1] ?? '')
  if (tag === 'with') return [...rest.matchAll(/(?:^|,)\s*([A-Za-z_]\w*)\s*=(?!=)/g)].flatMap(([, name]) => name ?? [])
  if (tag === 'macro') return [...rest.matchAll(/(?:^|[(,])\s*([A-Za-z_]\w*)/g)].flatMap(([, name]) => name ?? [])
  return tag === 'call' ? names(/^\s*\(([^)]*)\)/.exec(rest)?.[1] ?? '') : []
}

interface Piece {
  readonly inside: string
  /** Where it begins in the whole text. */
  readonly from: number
  readonly isTag: boolean
}

const openings = /\{\{|\{%|\{#/g
const closings = {
  '{{': /"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|-?\}\}/g,
  '{%': /"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|[-+]?%\}/g,
} as const

/** What stands between the marks; comments and what `raw` protects are left out. An unclosed mark ends the search. */
function* piecesOf(text: string): Generator<Piece> {
  for (let next = 0; ; ) {
    openings.lastIndex = next
    const opening = openings.exec(text)
    if (opening === null) return
    const [mark] = opening
    const begin = opening.index + 2
    if (mark === '{#') {
      const end = text.indexOf('#}', begin)
      if (end < 0) return
      next = end + 2
      continue
    }
    const end = endOf(text, begin, closings[mark as '{{' | '{%'])
    if (end === undefined) return
    const dash = /^[-+]/.test(text.slice(begin, end.index)) ? 1 : 0
    const inside = text.slice(begin + dash, end.index)
    yield { inside, from: begin + dash, isTag: mark === '{%' }
    next = end.after
    if (mark === '{%' && inside.trim() === 'raw') {
      const protectedEnd = /\{%[-+]?\s*endraw\s*[-+]?%\}/g
      protectedEnd.lastIndex = next
      const closed = protectedEnd.exec(text)
      if (closed === null) return
      next = closed.index + closed[0].length
    }
  }
}

function endOf(text: string, begin: number, closing: RegExp): { index: number; after: number } | undefined {
  closing.lastIndex = begin
  for (let found = closing.exec(text); found !== null; found = closing.exec(text)) {
    if (/\}$/.test(found[0]) && !/^["']/.test(found[0])) return { index: found.index, after: closing.lastIndex }
  }
  return undefined
}
