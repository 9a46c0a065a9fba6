import { type RunKnown, runKnown } from '../steps/known.ts'

/** What is known without doing anything: facts, what `set` computes, and of which steps only a run brings the results. */
export interface CheckKnown extends RunKnown {
  /** Only a run would know these variables: `step` gives them their values. `host` undefined: at every host. */
  leaveOpen(host: string | undefined, names: readonly string[], step: string): void
  /** Steps whose results were asked for; forgotten by asking. */
  takeMissed(): readonly string[]
}

/** Nothing has failed, as far as `after` asks. */
export function checkKnown(hosts: readonly string[]): CheckKnown {
  const known = runKnown(hosts, () => false)
  const common = new Map<string, string>()
  const own = new Map(hosts.map(host => [host, new Map<string, string>()]))
  const missed = new Set<string>()
  const openAt = (host: string | undefined) => (host === undefined ? common : own.get(host))
  const opensOf = (host: string | undefined) => (host === undefined ? [common, ...own.values()] : [own.get(host)])
  return {
    failed: false,
    get: (host, name) => {
      const step = openAt(host)?.get(name)
      if (step === undefined) return known.get(host, name)
      missed.add(step)
      return undefined
    },
    has: (host, name) => openAt(host)?.has(name) === true || known.has(host, name),
    keep: (host, values) => {
      for (const name of values.keys()) for (const open of opensOf(host)) open?.delete(name)
      known.keep(host, values)
    },
    setFacts: known.setFacts,
    takeWanted: known.takeWanted,
    leaveOpen: (host, names, step) => {
      for (const name of names) for (const open of opensOf(host)) open?.set(name, step)
    },
    takeMissed: () => {
      const steps = [...missed]
      missed.clear()
      return steps
    },
  }
}
