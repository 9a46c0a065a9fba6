import type { Command } from 'commander'
import { type ExitCode, exit, exitCodeOf } from '../errors/codes.ts'
import { LockstepError } from '../errors/error.ts'
import { problemLines } from '../output/wording.ts'
import { hostsOfPattern } from '../playbook/pattern-hosts.ts'
import type { PlayHost } from '../playbook/play.ts'
import { atEveryHost, type HostOutcome } from '../runner/every-host.ts'
import type { HostConnection } from '../transport/transport.ts'
import { type BecomeOptions, becomeDefaults, becomeOptions } from './become-options.ts'
import { several } from './define-command.ts'
import { forksIn } from './forks.ts'
import { hostTransport } from './host-transport.ts'
import type { Io } from './io.ts'
import { readExtraVars, sshWarnings } from './load.ts'
import { type InventoryOptions, inventoryOption, inventoryReader, warn } from './read-inventory.ts'

/** What every command takes that does something at the hosts of a pattern, without a playbook. */
export interface PatternOptions extends InventoryOptions, BecomeOptions {
  readonly limit?: string
  readonly extraVars?: readonly string[]
  readonly playbookDir?: string
  readonly forks: number
  readonly json?: true
}

export const patternOptions = (command: Command): Command =>
  becomeOptions(inventoryOption(command))
    .option('--limit <pattern>', 'only these of the hosts that the pattern selects; @FILE has one pattern per line')
    .option('--playbook-dir <folder>', 'a folder whose group_vars/ and host_vars/ count too')
    .option(
      '-e, --extra-vars <k=v|@file>',
      'variables over all others: texts, or a YAML or JSON file; repeatable',
      several,
    )
    .option('--forks <n>', 'hosts at a time', forksIn, 64)
    .option('--json', 'one line of JSON per host')

/** What is done at each host once all are known, and who hears of each that is done. */
export interface AtHosts<T> {
  readonly act: (hosts: readonly PlayHost[]) => (connection: HostConnection) => Promise<T>
  readonly told?: (done: Extract<HostOutcome<T>, { got: T }>) => void
}

/**
 * Does one thing at every host that a pattern selects, without claiming it. Hosts that cannot be used are said on stderr,
 * or as JSON.
 */
export async function atHostsOf<T>(
  pattern: string,
  options: PatternOptions,
  io: Io,
  { act, told }: AtHosts<T>,
): Promise<readonly HostOutcome<T>[]> {
  const hosts = await hostsFor(pattern, options, io)
  const same = act(hosts)
  return atHosts(hosts, options, io, { act: () => same, ...(told === undefined ? {} : { told }) })
}

/** The same at hosts that are known, with something else to do at each. */
export async function atHosts<T>(
  hosts: readonly PlayHost[],
  options: Pick<PatternOptions, 'forks' | 'json'>,
  io: Io,
  {
    act,
    told,
  }: { readonly act: (host: PlayHost) => (connection: HostConnection) => Promise<T> } & Pick<AtHosts<T>, 'told'>,
): Promise<readonly HostOutcome<T>[]> {
  const doors = { transport: hostTransport(io), forks: options.forks, signal: io.interrupted }
  return atEveryHost(hosts, doors, act, outcome => {
    if ('got' in outcome) told?.(outcome)
    else if (options.json) io.stdout.write(`${JSON.stringify({ host: outcome.host, ...problemOf(outcome.error) })}\n`)
    else if (!io.interrupted.aborted)
      io.stderr.write(
        problemLines(outcome.error, outcome.host)
          .map(line => `${line}\n`)
          .join(''),
      )
  })
}

/** The hosts that a pattern selects; INVENTORY_PATTERN when there is none. */
export async function hostsFor(pattern: string, options: PatternOptions, io: Io): Promise<readonly PlayHost[]> {
  const { playbookDir = '.', limit } = options
  const extraVars = readExtraVars(options.extraVars ?? [], io.cwd)
  const { settings, read } = await inventoryReader(options, io)
  const inventory = read(options.playbookDir)
  const becoming = await becomeDefaults(options, options.inventory ?? [], io)
  const defaults = new Map([...settings.defaults, ...becoming])
  const hosts = hostsOfPattern({ pattern, playbookDir, inventory, limit, extraVars, defaults, env: io.env })
  warn(sshWarnings({ hosts }), io)
  if (hosts.length > 0) return hosts
  throw new LockstepError('INVENTORY_PATTERN', `'${pattern}' selects no host`)
}

const problemOf = ({ code, message, hint }: LockstepError) => ({ error: { code, message, hint } })

/** 130 when interrupted, else the exit code of the first host that could not be used, else `otherwise`. */
export function exitCodeOfHosts(outcomes: readonly HostOutcome<unknown>[], otherwise: ExitCode): ExitCode {
  const codes = outcomes.flatMap(outcome => ('error' in outcome ? [exitCodeOf(outcome.error.code)] : []))
  return codes.includes(exit.interrupted) ? exit.interrupted : (codes[0] ?? otherwise)
}
