import { exit } from '../../errors/codes.ts'
import { LockstepError } from '../../errors/error.ts'
import { didYouMean } from '../../errors/suggest.ts'
import { graphText } from '../../inventory/graph.ts'
import type { LoadedInventory } from '../../inventory/inventory.ts'
import { hostJson, listJson } from '../../inventory/list-json.ts'
import { defineCommand } from '../define-command.ts'
import type { Io } from '../io.ts'
import { oneHost } from '../one-host.ts'
import { type InventoryOptions, inventoryOption, readInventory, warn } from '../read-inventory.ts'

interface Options extends InventoryOptions {
  readonly playbookDir?: string
  readonly list?: true
  readonly host?: string
  readonly graph?: string | true
  readonly listHosts?: string
  readonly limit?: string
}

/** `lockstep inventory`: what the sources say, in the forms of `ansible-inventory`. */
export const inventory = defineCommand({
  configure(command, action) {
    inventoryOption(command)
      .option('--playbook-dir <folder>', 'a folder whose group_vars/ and host_vars/ count too')
      .option('--list', 'print groups, hosts and variables as ansible-inventory --list does')
      .option('--host <host>', 'print the variables of one host as ansible-inventory --host does')
      .option('--graph [group]', 'print groups and hosts as a tree')
      .option('--list-hosts <pattern>', 'print the names of the hosts that a pattern selects, one per line')
      .option('--limit <pattern>', 'keep only these of --list-hosts; @FILE has one pattern per line')
      .action(
        action(async (io, options: Options) => {
          const show = showOf(options, io)
          io.stdout.write(show(await readInventory(options, options.playbookDir, io)))
          return exit.ok
        }),
      )
  },
})

type Show = (inventory: LoadedInventory) => string

/** The one thing that is asked for; a wrong command line is refused before any file is read. */
function showOf({ list, host, graph, listHosts, limit }: Options, io: Io): Show {
  const asked: Show[] = [
    ...(list === undefined ? [] : [(from: LoadedInventory) => `${listJson(from)}\n`]),
    ...(host === undefined ? [] : [(from: LoadedInventory) => `${hostJson(oneHost(from, host))}\n`]),
    ...(graph === undefined ? [] : [(from: LoadedInventory) => graphText(from, groupOf(from, graph))]),
    ...(listHosts === undefined ? [] : [(from: LoadedInventory) => namesOf(from, listHosts, limit, io)]),
  ]
  const [show, ...more] = asked
  if (show === undefined || more.length > 0)
    throw new LockstepError('USAGE_COMMAND', 'expected one of --list, --host, --graph and --list-hosts')
  if (limit !== undefined && listHosts === undefined)
    throw new LockstepError('USAGE_COMMAND', '--limit belongs to --list-hosts')
  return show
}

function groupOf({ groups }: LoadedInventory, asked: string | true): string {
  const group = asked === true ? 'all' : asked
  if (groups.has(group)) return group
  const hint = didYouMean(group, [...groups.keys()])
  throw new LockstepError('INVENTORY_GROUP', `there is no group '${group}' in the inventory`, { hint })
}

function namesOf({ select }: LoadedInventory, pattern: string, limit: string | undefined, io: Io): string {
  const { hosts, warnings } = select(pattern, limit)
  warn(warnings, io)
  return hosts.map(({ name }) => `${name}\n`).join('')
}
