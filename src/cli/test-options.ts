import type { Command } from 'commander'
import { LockstepError, refuse } from '../errors/error.ts'
import type { Play, PlayHost } from '../playbook/play.ts'
import { type BecomeOptions, becomeOptions } from './become-options.ts'
import { several } from './define-command.ts'
import type { Io } from './io.ts'
import { type LoadOptions, playReader, tools } from './load.ts'
import { asOfCommandLine, type OneFlow, oneFlow, toolNamed } from './one-flow.ts'
import { inventoryOption } from './read-inventory.ts'

/** What every command takes that is about one test between two hosts. */
export interface TestOptions extends LoadOptions, BecomeOptions {
  readonly from: string
  readonly to: string
  readonly over?: string
  readonly gate?: string
  readonly expect?: readonly string[]
  readonly attempts?: string
  readonly reserve?: true
  readonly earliest?: string
  readonly latest?: string
}

export const testOptions = (command: Command): Command =>
  becomeOptions(inventoryOption(command))
    .usage('<tool> --from <host> --to <host> [options] [-- <options of the tool>...]')
    .argument('<tool>', `one of ${tools.map(({ name }) => name).join(', ')}`)
    .argument(
      '[options...]',
      "options as the tool's own command line has them, or with units: --time 10, -t 10, --time 1m",
    )
    .requiredOption('--from <host>', 'sending end: a host of the inventory, an address, or local')
    .requiredOption('--to <host>', 'receiving end, likewise')
    .option('--over <address>', 'address of the receiving end that is used; default that of its interface')
    .option('-e, --extra-vars <k=v|@file>', 'variables of both hosts, such as interface=eth1; repeatable', several)
    .option('--reserve', 'ask the lockstepd of both hosts for time; so it is when both have the variable lockstep_user')
    .option('--earliest <instant>', 'of reserved time: now, +10m, or a time of ISO 8601; default now')
    .option('--latest <instant>', 'when it has to have begun, likewise; default +5m')

/**
 * The play of one flow. It is one of reserved time when that was asked for, or both hosts are known to be shared: then no
 * shell is needed there.
 */
export async function playOfTest(name: string, given: readonly string[], options: TestOptions, io: Io): Promise<Play> {
  const { earliest, latest, reserve } = options
  const isAsked = reserve === true || earliest !== undefined || latest !== undefined
  const times = { ...(earliest === undefined ? {} : { earliest }), ...(latest === undefined ? {} : { latest }) }
  const read = await reader(name, given, options, io)
  if (isAsked) return withoutGate(read({ what: 'flows', ...times }), options)
  const play = tryReserved(() => read({ what: 'flows' }))
  const ends = play?.flows.flatMap(({ from, to }) => [from, to]) ?? []
  const hosts = ends.flatMap(end => play?.hosts.find(({ name: host }) => host === end) ?? [])
  const isShared =
    hosts.some(({ broker }) => broker) && hosts.every(({ broker, connection }) => broker || isHere(connection))
  return play !== undefined && isShared && options.gate === undefined ? play : read(undefined)
}

/** This machine needs no lockstepd of its own. */
const isHere = ({ kind }: PlayHost['connection']): boolean => kind === 'local'

function withoutGate(play: Play, { gate }: TestOptions): Play {
  if (gate === undefined) return play
  throw new LockstepError(
    'USAGE_COMMAND',
    'the endpoints look at their clocks themselves: there is no --gate of reserved time',
  )
}

/** Whatever is wrong with it is wrong without a reservation as well, and said then. */
function tryReserved(read: () => Play): Play | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof LockstepError) return undefined
    throw error
  }
}

async function reader(name: string, given: readonly string[], options: TestOptions, io: Io) {
  const tool = toolNamed(name)
  const read = await playReader(options, io)
  return (reserve: OneFlow['reserve']): Play => {
    const { reserve: _, ...own } = options
    const written = oneFlow(tool, given, { ...own, ...(reserve === undefined ? {} : { reserve }) })
    refuse(written.problems)
    return asOfCommandLine(() => read('lockstep test', written.playbook))
  }
}
