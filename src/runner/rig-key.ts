import type { Configuration } from '../playbook/cells.ts'
import type { Play } from '../playbook/play.ts'
import { canonicalJson } from '../units/canonical-json.ts'

/** Keys of a playbook that a test by itself is made of. */
const ofTests: ReadonlySet<string> = new Set([
  ...[
    'name',
    'flows',
    'mesh',
    'senders',
    'receivers',
    'capture',
    'expect',
    'compared_to',
    'valid',
    'attempts',
    'report',
  ],
  ...['isochron', 'iperf3', 'iperf', 'nuttcp', 'ping', 'traceroute', 'tracepath', 'command'],
])

/**
 * Equal for configurations whose tests can be run on the same hosts as they stand: connected to alike, set up alike, with the
 * same ptp4l and phc2sys. What steps name is known only when they are done, so where there are steps everything counts that a
 * configuration changes beside its tests.
 */
export function rigKey(play: Play, { settings }: Configuration): string {
  const { setup, sync, after } = (play.resolved ?? {}) as Readonly<Record<string, unknown>>
  const hosts = play.hosts.map(({ at: _, ...host }) => host)
  const { gate: _, ...clocks } = (sync ?? {}) as Readonly<Record<string, unknown>>
  const hasSteps = setup !== undefined || after !== undefined
  const outside = hasSteps ? settings.filter(({ path: [first] }) => !ofTests.has(String(first))) : []
  return canonicalJson([hosts, clocks, setup, after, outside.map(({ path, value }) => [path, plainOf(value)])])
}

/** A value without its places. */
const plainOf = (node: Configuration['settings'][number]['value']): unknown => {
  if (node.kind === 'scalar') return String(node.value)
  if (node.kind === 'list') return node.items.map(plainOf)
  return [...node.entries].map(([key, { value }]) => [key, plainOf(value)])
}
