import { LockstepError } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { isOneHost } from './address.ts'
import { nameMatcher } from './glob.ts'
import type { InventoryHost, Selection } from './inventory.ts'

/** What patterns are matched against. */
export interface Matchable {
  readonly hosts: ReadonlyMap<string, InventoryHost>
  /** In order of first mention. */
  readonly groups: ReadonlyMap<string, readonly InventoryHost[]>
  /** The local host under one of `localNames`, when no source names it. */
  readonly implicitHost: (name: string) => InventoryHost
  /** For `--limit @FILE`. */
  readonly readText: (path: string) => string | undefined
}

/** Names that mean this machine even when no source has them. */
export const localNames: readonly string[] = ['localhost', '127.0.0.1', '::1']

/** Evaluates a host pattern, and a limit that keeps the pattern's order. Throws INVENTORY_PATTERN, INVENTORY_LIMIT. */
export const newSelect =
  (matchable: Matchable) =>
  (pattern: string, limit?: string): Selection => {
    const select = new Selecting(matchable)
    const parts = splitPattern(pattern)
    if (parts.length === 0) throw new LockstepError('INVENTORY_PATTERN', 'the host pattern is empty')
    const hosts = select.evaluate(parts)
    if (limit === undefined) return { hosts, warnings: select.warnings }
    const kept = new Set(select.evaluate(limitParts(limit, matchable.readText)))
    const left = hosts.filter(host => kept.has(host))
    if (left.length === 0) {
      const hint = select.warnings[0]
      throw new LockstepError('INVENTORY_LIMIT', `the limit '${limit}' leaves no host of '${pattern}'`, { hint })
    }
    return { hosts: left, warnings: select.warnings }
  }

/** With a comma the pattern is split at commas only; otherwise at colons, unless it is one address, name or range. */
export function splitPattern(pattern: string): readonly string[] {
  const bracketsOrOther = /(?:[^\s:[\]]|\[[^\]]*\])+/g
  const parts = pattern.includes(',')
    ? pattern.split(',')
    : isOneHost(pattern)
      ? [pattern]
      : (pattern.match(bracketsOrOther) ?? [])
  return parts.map(part => part.trim()).filter(part => part !== '')
}

/** A file has one part per line, which is not split any further. */
function limitParts(limit: string, readText: Matchable['readText']): readonly string[] {
  const parts = splitPattern(limit).flatMap(part => {
    if (!part.startsWith('@')) return [part]
    const text = readText(part.slice(1))
    if (text === undefined) throw new LockstepError('INVENTORY_LIMIT', `there is no file '${part.slice(1)}'`)
    return text
      .replace(/^\uFEFF/, '')
      .split('\n')
      .map(line => line.trim())
      .filter(line => line !== '')
  })
  // Ansible takes an empty limit for none, and so for every host.
  if (parts.length === 0) throw new LockstepError('INVENTORY_LIMIT', `the limit '${limit}' names no host`)
  return parts
}

/** Lives for one selection, in which the implicit local host is one host whatever it is called. */
class Selecting {
  readonly warnings: string[] = []
  readonly #from: Matchable
  #local: InventoryHost | undefined

  constructor(from: Matchable) {
    this.#from = from
    this.#local = [...from.hosts.values()].find(({ name }) => localNames.includes(name))
  }

  /** Whatever the written order: plain parts are united, then `&` keeps, then `!` removes. */
  evaluate(parts: readonly string[]): readonly InventoryHost[] {
    const plain = parts.filter(part => !/^[&!]/.test(part))
    const named = (plain.length === 0 ? ['all'] : plain).flatMap(part => this.#plainPart(part))
    let hosts = [...new Set(named)]
    for (const part of parts.filter(each => each.startsWith('&'))) {
      const kept = new Set(this.#match(part.slice(1)))
      hosts = hosts.filter(host => kept.has(host))
    }
    for (const part of parts.filter(each => each.startsWith('!'))) {
      const removed = new Set(this.#match(part.slice(1)))
      hosts = hosts.filter(host => !removed.has(host))
    }
    return hosts
  }

  /** A host's exact name is that host, even where a group has the name too. */
  #plainPart(part: string): readonly InventoryHost[] {
    const host = this.#from.hosts.get(part)
    return host === undefined ? this.#match(part) : [host]
  }

  #match(part: string): readonly InventoryHost[] {
    const { expression, pick } = splitSubscript(part)
    const hosts = pick(this.#matches(expression))
    if (hosts.length > 0) return hosts
    const known = [...this.#from.groups.keys(), ...this.#from.hosts.keys()]
    const hint = this.#from.groups.has(part) ? 'the group is empty' : didYouMean(part, known)
    this.warnings.push(`'${part}' matches no host${hint === undefined ? '' : ` (${hint})`}`)
    return []
  }

  /** Hosts may come twice: the subscript counts them so. */
  #matches(expression: string): readonly InventoryHost[] {
    if (expression === '') return []
    const fits = nameMatcher(expression)
    const groups = [...this.#from.groups].filter(([name]) => fits(name))
    const found = groups.flatMap(([, hosts]) => hosts)
    if (groups.length === 0 || expression.startsWith('~') || /[.?*[]/.test(expression))
      for (const [name, host] of this.#from.hosts) if (fits(name)) found.push(host)
    if (found.length > 0 || !localNames.includes(expression)) return found
    this.#local ??= this.#from.implicitHost(expression)
    return [this.#local]
  }
}

interface Subscript {
  readonly expression: string
  readonly pick: (hosts: readonly InventoryHost[]) => readonly InventoryHost[]
}

/** `web[0]`, `web[-1]`, `web[1:3]` (both ends included), `web[1:]`; `[1-3]` is the old way to write `[1:3]`. */
function splitSubscript(part: string): Subscript {
  const [, expression, index, from, to] =
    (!part.startsWith('~') && /^(.+)\[(?:(-?\d+)|(\d+)[:-](\d*))\]$/s.exec(part)) || []
  if (expression === undefined) return { expression: part, pick: hosts => hosts }
  if (index !== undefined) return { expression, pick: hosts => hosts.slice(Number(index)).slice(0, 1) }
  const end = to === '' ? undefined : Number(to) + 1
  return { expression, pick: hosts => hosts.slice(Number(from), end) }
}
