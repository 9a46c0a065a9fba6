import { refuse } from '../errors/error.ts'
import { evaluator } from '../source/expressions.ts'
import { newFindings } from '../source/findings.ts'
import { fromValue, record } from '../source/node.ts'
import { readHosts } from './hosts.ts'
import { type PlayInput, scopes, sharedVariables } from './load.ts'
import type { PlayHost } from './play.ts'
import { readPlayHosts } from './play-hosts.ts'
import { playVariables } from './variables.ts'

export interface PatternInput extends Pick<PlayInput, 'inventory' | 'limit' | 'extraVars' | 'defaults' | 'env'> {
  /** A pattern over the inventory; without one, addresses with commas between them. */
  readonly pattern: string
  /** Folder whose group_vars/ and host_vars/ count, as the user named it. */
  readonly playbookDir: string
}

/**
 * The hosts that a pattern on the command line selects, with their connections, as a playbook of the same `hosts` would
 * have them. Throws LockstepErrors with everything that is wrong.
 */
export function hostsOfPattern(input: PatternInput): readonly PlayHost[] {
  const { pattern, inventory, limit, playbookDir } = input
  // Findings need a place; that of the only thing that was written is the command line itself.
  const at = { file: '<command line>', line: 1, column: 1 }
  const findings = newFindings()
  const shared = sharedVariables(fromValue(null, at), { ...input, file: `${playbookDir}/-` }, [], findings)
  const evaluate = evaluator(playVariables(shared), findings)
  const written = fromValue(inventory === undefined ? addressesIn(pattern) : pattern, at)
  const entries = readHosts(written, { inventory, binds: new Map(), limit, evaluate, findings, file: at.file })
  const scopeOf = scopes(entries, shared, findings)
  const ground = { scopeOf, using: new Set<string>(), variablesWhole: true, home: input.env['HOME'], findings }
  const hosts = readPlayHosts(entries, ground)
  refuse(findings.all().map(({ at: place, ...problem }) => (place === at ? problem : { ...problem, at: place })))
  return hosts
}

/** Each address is the host's name too. */
const addressesIn = (pattern: string) =>
  record(
    pattern
      .split(',')
      .map(address => address.trim())
      .filter(address => address !== '')
      .map(address => [address, address]),
  )
