import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { LockstepError, type Problem, refuse } from '../errors/error.ts'
import type { LoadedInventory } from '../inventory/inventory.ts'
import { readSshArgs } from '../inventory/ssh-args.ts'
import type { ExplainGround } from '../playbook/explain.ts'
import { type LoadedPlaybook, loadPlaybook } from '../playbook/load-experiment.ts'
import type { Play } from '../playbook/play.ts'
import type { ToolDescription } from '../playbook/tool-description.ts'
import { parseDocument } from '../source/document.ts'
import { toValue, type Value } from '../source/node.ts'
import { stepLanguage } from '../steps/language.ts'
import { commandDescription } from '../tools/command.ts'
import { isochronDescription } from '../tools/isochron-options.ts'
import { trafficTools } from '../tools/traffic-tools.ts'
import { type BecomeOptions, becomeDefaults } from './become-options.ts'
import { several } from './define-command.ts'
import { playFilesBelow } from './inventory-files.ts'
import type { Io } from './io.ts'
import { type InventoryOptions, inventoryOption, inventoryReader, noInventory, warn } from './read-inventory.ts'
import { readUtf8 } from './read-text.ts'

/** What `check`, `plan` and `run` take besides the playbook. */
export interface LoadOptions extends InventoryOptions {
  readonly limit?: string
  readonly bind?: readonly string[]
  readonly extraVars?: readonly string[]
}

/** Adds the options that say which hosts and variables a playbook meets. */
export function playOptions(command: Command): Command {
  return inventoryOption(command)
    .option('--limit <pattern>', 'only these of the hosts that the playbook selects; @FILE has one pattern per line')
    .option('--bind <NAME=HOST>', 'HOST of the inventory takes the place of NAME in the playbook; repeatable', several)
    .option(
      '-e, --extra-vars <k=v|@file>',
      'variables over all others: texts, or a YAML or JSON file; repeatable',
      several,
    )
}

/** Every tool that a playbook may use. */
export const tools: readonly ToolDescription[] = [isochronDescription, ...trafficTools, commandDescription]

/** What steps are read with. */
const stepParts = ({ cwd }: Io) => ({ steps: stepLanguage, files: playFilesBelow(cwd) })

/** The one playbook of a command line. */
export const loadFromCommandLine = async (
  file: string,
  options: LoadOptions & BecomeOptions,
  io: Io,
): Promise<LoadedPlaybook> => (await playbookReader(options, io))(file)

/** For playbooks of one test. */
export async function playReader(
  options: LoadOptions & BecomeOptions,
  io: Io,
): Promise<(file: string, text?: string) => Play> {
  const read = await playbookReader(options, io)
  return (file, text) => read(file, text).play
}

/**
 * Gets what the playbooks of a command line are read with: their inventories and variables. What it returns reads one of
 * them, or the text that is given for it; paths start at `io.cwd`. Throws LockstepErrors with everything that is wrong. Warnings go to stderr.
 */
export async function playbookReader(
  options: LoadOptions & BecomeOptions,
  io: Io,
): Promise<(file: string, text?: string) => LoadedPlaybook> {
  const binds = readBinds(options.bind ?? [])
  const extraVars = readExtraVars(options.extraVars ?? [], io.cwd)
  const { settings, read } = await inventoryReader(options, io)
  const becoming = await becomeDefaults(options, options.inventory ?? [], io)
  const common = {
    binds,
    limit: options.limit,
    extraVars,
    defaults: new Map([...settings.defaults, ...becoming]),
    env: io.env,
    tools,
    ...stepParts(io),
  }
  return (file, text = readUtf8(file, io.cwd)) => {
    const loaded = loadPlaybook({ ...common, file, text, inventory: read(dirname(file)) })
    warn(sshWarnings(loaded.play), io)
    return { ...loaded, play: { ...loaded.play, overall: withRunThatIs(loaded.play.overall, io) } }
  }
}

/** The run to compare with by its full path; refused before a host is touched when there is none. */
function withRunThatIs(overall: Play['overall'], io: Io): Play['overall'] {
  const { comparedTo } = overall
  if (comparedTo === undefined) return overall
  const folder = resolve(io.cwd, comparedTo.folder)
  if (['events.ndjson', 'result.json'].some(name => existsSync(join(folder, name))))
    return { ...overall, comparedTo: { ...comparedTo, folder } }
  throw new LockstepError('USAGE_FILE', `compared_to: ${comparedTo.folder} is no run folder`, {
    hint: 'it has neither events.ndjson nor result.json; relative paths begin at the playbook',
    at: comparedTo.at,
  })
}

/** What hosts ask of ssh that no connection of ours does. */
export function sshWarnings({ hosts }: Pick<Play, 'hosts'>): readonly string[] {
  const askers = new Map<string, string[]>()
  for (const { name, connection } of hosts)
    for (const option of readSshArgs(connection.sshArgs ?? []).withoutEffect)
      askers.set(option, [...(askers.get(option) ?? []), name])
  return [...askers].map(([option, [first, ...rest]]) => {
    const others = rest.length === 0 ? '' : ` and ${rest.length} more`
    return `the ssh argument ${option} of ${first}${others} has no effect`
  })
}

/** What `explain` asks: an inventory, a playbook, or both. */
export async function explainGround(
  options: LoadOptions & { readonly playbook?: string; readonly playbookDir?: string },
  io: Io,
): Promise<Omit<ExplainGround, 'inventoryHost' | 'inventory'> & { readonly inventory: LoadedInventory | undefined }> {
  const { playbook: file, playbookDir } = options
  const binds = readBinds(options.bind ?? [])
  const extraVars = readExtraVars(options.extraVars ?? [], io.cwd)
  const playbook = file === undefined ? undefined : { file, text: readUtf8(file, io.cwd) }
  const { settings, read } = await inventoryReader(options, io)
  const inventory = read(playbookDir ?? (file === undefined ? undefined : dirname(file)))
  if (inventory === undefined && playbook === undefined) throw noInventory()
  return {
    playbook,
    inventory,
    binds,
    limit: options.limit,
    extraVars,
    defaults: settings.defaults,
    env: io.env,
    tools,
    ...stepParts(io),
  }
}

function readBinds(binds: readonly string[]): ReadonlyMap<string, string> {
  const read = new Map<string, string>()
  const problems = binds.flatMap((bind): Problem[] => {
    const [, name, host] = /^([^=]+)=(.+)$/.exec(bind) ?? []
    if (name === undefined || host === undefined) {
      return [{ code: 'USAGE_VALUE', message: `--bind ${bind}: expected NAME=HOST` }]
    }
    if (read.has(name))
      return [{ code: 'USAGE_VALUE', message: `--bind ${bind}: ${name} is ${read.get(name)} already` }]
    read.set(name, host)
    return []
  })
  refuse(problems)
  return read
}

/** `k=v` is a text; `@file` and `{…}` are YAML, of which JSON is a part. Later ones win. */
export function readExtraVars(written: readonly string[], cwd: string): ReadonlyMap<string, Value> {
  const variables = new Map<string, Value>()
  for (const each of written) for (const [name, value] of extraVars(each, cwd)) variables.set(name, value)
  return variables
}

function extraVars(written: string, cwd: string): (readonly [string, Value])[] {
  if (written.startsWith('@')) return fromYaml(written.slice(1), readUtf8(written.slice(1), cwd))
  if (/^\s*\{/.test(written)) return fromYaml('-e', written)
  const [, name, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(written) ?? []
  if (name !== undefined && value !== undefined) return [[name, value]]
  throw new LockstepError('USAGE_VALUE', `-e ${written}: expected name=value, @file or {…}`)
}

function fromYaml(file: string, text: string): (readonly [string, Value])[] {
  const root = parseDocument(file, text)
  if (root.kind === 'mapping') return [...root.entries].map(([name, { value }]) => [name, toValue(value)] as const)
  throw new LockstepError('USAGE_VALUE', 'expected a mapping of variables', { at: root.at })
}
