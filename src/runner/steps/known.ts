import type { HostFacts } from '../../facts/host-facts.ts'
import type { Known } from '../../playbook/step.ts'
import { isList, record, type Value } from '../../source/node.ts'

/** What the run has learned: results of steps by host, and the facts of hosts once they were asked. */
export interface RunKnown extends Known {
  /** `host` undefined: a result of the controller or of one host for all, so every host's. */
  keep(host: string | undefined, values: ReadonlyMap<string, Value>): void
  setFacts(host: string, facts: HostFacts): void
  /** Hosts whose facts were wanted and are not known; forgotten by asking. */
  takeWanted(): readonly string[]
}

/** `failed` is asked anew each time, as something may go wrong meanwhile. What is not known here may be known `before`. */
export function runKnown(hosts: readonly string[], hasFailed: () => boolean, before?: RunKnown): RunKnown {
  const common = new Map<string, Value>()
  const own = new Map(hosts.map(host => [host, new Map<string, Value>()]))
  const facts = new Map<string, Value>()
  const wanted = new Set<string>()
  return {
    get: (host, name) => {
      if (host === undefined) return common.has(name) ? common.get(name) : before?.get(host, name)
      if (name !== 'facts') return own.get(host)?.has(name) ? own.get(host)?.get(name) : before?.get(host, name)
      const known = facts.get(host) ?? before?.get(host, name)
      if (known === undefined && own.has(host)) wanted.add(host)
      return known
    },
    has: (host, name) =>
      name === 'facts' ? own.has(host) : own.get(host)?.has(name) === true || before?.has(host, name) === true,
    get failed() {
      return hasFailed()
    },
    keep: (host, values) => {
      const into = host === undefined ? [common, ...own.values()] : [own.get(host)]
      for (const [name, value] of values) for (const results of into) results?.set(name, value)
    },
    setFacts: (host, found) => facts.set(host, factsAsValue(found)),
    takeWanted: () => {
      const hosts = [...wanted]
      wanted.clear()
      return hosts
    },
  }
}

/** Facts as expressions see them: Maps are mappings, numbers exact integers; what the host does not say is not there. */
export const factsAsValue = (facts: HostFacts): Value => asValue(facts) ?? null

function asValue(fact: unknown): Value | undefined {
  if (fact === undefined || fact === null) return undefined
  if (typeof fact === 'number') return Number.isInteger(fact) ? BigInt(fact) : fact
  if (typeof fact === 'string' || typeof fact === 'bigint' || typeof fact === 'boolean') return fact
  if (fact instanceof Map) return mapping([...fact].map(([key, each]) => [String(key), each]))
  if (fact instanceof Set) return [...fact].flatMap(each => asValue(each) ?? [])
  if (Array.isArray(fact)) return fact.flatMap(each => [asValue(each) ?? null])
  return typeof fact === 'object' ? mapping(Object.entries(fact)) : undefined
}

const mapping = (entries: readonly (readonly [string, unknown])[]): Value =>
  record(
    entries.flatMap(([key, each]) => {
      const value = asValue(each)
      return value === undefined ? [] : [[key, value] as const]
    }),
  )

/** Every text in a value. */
export function textsIn(value: Value): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value === 'bigint' || typeof value === 'number') return [String(value)]
  if (value === null || typeof value !== 'object') return []
  return (isList(value) ? value : Object.values(value)).flatMap(textsIn)
}
