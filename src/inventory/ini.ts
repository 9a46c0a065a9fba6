import type { Place } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { readHostPattern } from './host-pattern.ts'
import { readValue } from './literal.ts'
import { type Report, remarkAt } from './report.ts'
import type { Statement } from './statements.ts'
import { type Variables, variableOf } from './variable.ts'
import { splitWords, type Word } from './words.ts'

/**
 * Reads an INI inventory. `known` are the groups that earlier sources declared. Every wrong line is reported; the
 * statements are worth carrying out only when none is.
 */
export function readIni(file: string, text: string, known: Iterable<string>, report: Report): readonly Statement[] {
  const reader = new IniReader(report, known)
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const line = raw.trim()
    if (line !== '' && !/^[#;]/.test(line)) reader.line(line, { file, line: index + 1, column: raw.indexOf(line) + 1 })
  }
  return reader.end()
}

type Section = 'hosts' | 'children' | 'vars'
const sections: readonly string[] = ['hosts', 'children', 'vars'] satisfies Section[]

/** A group that was mentioned before its declaration. */
type Pending =
  | { readonly kind: 'vars'; readonly at: Place }
  | { readonly kind: 'children'; readonly at: Place; readonly parents: { group: string; at: Place }[] }

/** Lives for one file. */
class IniReader {
  readonly #report: Report
  readonly #groups: Set<string>
  readonly #pending = new Map<string, Pending>()
  readonly #statements: Statement[] = []
  #group = 'ungrouped'
  /** Undefined after a section line that could not be read: its lines have no meaning. */
  #section: Section | undefined = 'hosts'

  constructor(report: Report, known: Iterable<string>) {
    this.#report = report
    this.#groups = new Set(['all', 'ungrouped', ...known])
  }

  line(line: string, at: Place): void {
    const header = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/.exec(line)
    if (header !== null) this.#header(header[1] ?? '', header[2] ?? 'hosts', at)
    else if (line.startsWith('[') && line.endsWith(']')) this.#badHeader(line, at)
    else if (this.#section === 'hosts') this.#hosts(line, at)
    else if (this.#section === 'vars') this.#variable(line, at)
    else if (this.#section === 'children') this.#child(line, at)
  }

  end(): readonly Statement[] {
    for (const [name, { kind, at }] of this.#pending) {
      const declared = [...this.#groups].filter(group => !this.#pending.has(group))
      const message = kind === 'vars' ? `variables of '${name}', which is no group` : `there is no group '${name}'`
      const declare = `declare it with [${name}] or [${name}:children]`
      this.#report.problem('INVENTORY_GROUP', message, at, didYouMean(name, declared) ?? declare)
    }
    return this.#statements
  }

  #header(group: string, section: string, at: Place): void {
    if (!sections.includes(section)) {
      this.#section = undefined
      const hint = didYouMean(section, sections)
      const column = at.column + group.length + 2
      this.#report.problem('INVENTORY_INI', `there is no section of kind '${section}'`, { ...at, column }, hint)
      return
    }
    this.#section = section as Section
    this.#group = group
    const pending = this.#pending.get(group)
    if (!this.#groups.has(group)) {
      if (section === 'vars' && pending === undefined) this.#pending.set(group, { kind: 'vars', at })
      this.#groups.add(group)
      this.#statements.push({ kind: 'group', name: group, at })
    }
    if (section !== 'vars' && pending !== undefined) this.#declare(group, pending)
  }

  /** A child takes its place among its parent's children when it is declared, as in Ansible. */
  #declare(name: string, pending: Pending): void {
    this.#pending.delete(name)
    if (pending.kind === 'vars') return
    for (const { group, at } of pending.parents) this.#statements.push({ kind: 'child', group, child: name, at })
  }

  #badHeader(line: string, at: Place): void {
    this.#section = undefined
    const blanks = /\s/.test(line) ? 'a section has no blanks between its brackets' : undefined
    this.#report.problem('INVENTORY_INI', `this is no section: [NAME], [NAME:vars] or [NAME:children]`, at, blanks)
  }

  #hosts(line: string, at: Place): void {
    const { words, problem, cutAt } = splitWords(line, { comments: true })
    const [first, ...rest] = words
    if (problem !== undefined) {
      this.#report.problem('INVENTORY_INI', problem.message, after(at, problem.offset))
      return
    }
    if (first === undefined) return
    if (cutAt !== undefined) {
      const message = "a '#' inside a word ends the line: quote the word if the '#' belongs to it"
      this.#report.warn(remarkAt(after(at, cutAt), message))
    }
    const vars: Variables = new Map()
    for (const word of rest) this.#assignment(word, at, vars)
    const { names, port } = this.#pattern(first, at)
    this.#statements.push({ kind: 'hosts', names, group: this.#group, port, vars, at })
  }

  #pattern({ text, offset }: Word, at: Place): ReturnType<typeof readHostPattern> {
    const place = after(at, offset)
    if (text !== '---' && !text.trimEnd().endsWith(':')) return readHostPattern(text, place, this.#report)
    const message = text === '---' ? "'---' begins a YAML file, not a host" : `a host's name cannot end with ':'`
    const hint = text === '---' ? 'give the file a name that ends in .yml' : 'a port goes there: NAME:PORT'
    this.#report.problem('INVENTORY_INI', message, place, hint)
    return { names: [], port: undefined }
  }

  #assignment({ text, offset }: Word, at: Place, vars: Variables): void {
    const equals = text.indexOf('=')
    if (equals < 1) {
      const hint = 'a host has a line of its own; a value with blanks needs quotes'
      const message = `a variable is written NAME=VALUE, got '${text}'`
      this.#report.problem('INVENTORY_INI', message, after(at, offset), hint)
      return
    }
    const value = readValue(text.slice(equals + 1), after(at, offset + equals + 1))
    vars.set(text.slice(0, equals), variableOf(value))
  }

  #variable(line: string, at: Place): void {
    const equals = line.indexOf('=')
    const name = line.slice(0, equals).trim()
    if (equals < 0 || name === '') {
      this.#report.problem('INVENTORY_INI', `a variable is written NAME=VALUE, got '${line}'`, at)
      return
    }
    const text = line.slice(equals + 1)
    const value = readValue(text.trim(), after(at, line.length - text.trimStart().length))
    const variable = variableOf(value)
    this.#statements.push({ kind: 'variable', group: this.#group, name, variable, at })
  }

  #child(line: string, at: Place): void {
    const child = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(line)?.[1]
    if (child === undefined) {
      this.#report.problem('INVENTORY_INI', `a child is the name of one group, got '${line}'`, at)
      return
    }
    const pending = this.#pending.get(child)
    if (this.#groups.has(child)) this.#statements.push({ kind: 'child', group: this.#group, child, at })
    else if (pending?.kind === 'children') pending.parents.push({ group: this.#group, at })
    else this.#pending.set(child, { kind: 'children', at, parents: [{ group: this.#group, at }] })
  }
}

const after = (at: Place, offset: number): Place => ({ ...at, column: at.column + offset })
