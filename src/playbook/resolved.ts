import { isList, toValue, type Value } from '../source/node.ts'
import { formatDuration } from '../units/duration.ts'
import { formatSize } from '../units/size.ts'
import type { Capture } from './capture.ts'
import { writeMeasured } from './options.ts'
import type { Expectation, Flow, Mesh, Play, PlayHost, SyncSetup, ToolOption, ToolOptions } from './play.ts'
import type { PlaySteps } from './play-steps.ts'
import { instantText, type Reserve } from './reserve.ts'
import type { OptionKind, ToolDescription } from './tool-description.ts'
import { writtenCommand } from './written-command.ts'
import type { Written, WrittenStep } from './written-steps.ts'

/**
 * The playbook with every default filled in and every template evaluated, as plain JSON that is itself a playbook: it
 * gives the same flows without inventory, variables or command line. Steps stand as they were written, those of included
 * files in their places: what they name may be known in the run only. Passwords and keys are not in it.
 */
export function resolvedDocument(
  play: Omit<Play, 'resolved'>,
  tools: readonly ToolDescription[],
  steps: PlaySteps<WrittenStep>,
): unknown {
  const toolOf = (tool: string) => tools.find(({ name }) => name === tool)
  const flowsSection = () =>
    Object.fromEntries(
      play.flows.map(flow => {
        const { before = [], after = [] } = steps.flows.get(flow.name) ?? {}
        const own = { ...listOf('before', before), ...listOf('after', after) }
        return [flow.name, { ...flowEntry(flow, toolOf), ...own }]
      }),
    )
  return {
    name: play.name,
    hosts: Object.fromEntries(play.hosts.map(host => [host.name, hostEntry(host)])),
    ...syncEntry(play),
    ...listOf('setup', steps.setup),
    ...(play.flows.length === 0 ? {} : { flows: flowsSection() }),
    ...(play.mesh === undefined ? {} : { mesh: meshSection(play.mesh) }),
    ...(play.reserve === undefined ? {} : { reserve: reserveSection(play.reserve) }),
    ...captureEntry(play),
    ...listOf('after', steps.after),
    expect: [...play.expect.map(line), ...play.overall.lines.map(({ text }) => text)],
    ...(play.overall.comparedTo === undefined ? {} : { compared_to: play.overall.comparedTo.folder }),
    ...(play.valid.length === 0 ? {} : { valid: play.valid.map(line) }),
    attempts: play.attempts,
    report: [...play.report],
  }
}

const syncEntry = ({ sync, withoutSync }: Pick<Play, 'sync' | 'withoutSync'>) =>
  withoutSync ? { sync: 'none' } : sync === undefined ? {} : { sync: syncSection(sync) }

const meshSection = ({ host, resources }: Mesh) => ({
  host,
  ...(resources.size === 0
    ? {}
    : {
        resources: Object.fromEntries([...resources].map(([name, { limit, hosts }]) => [name, { limit, ...hosts }])),
      }),
})

const captureEntry = ({ captures }: Pick<Play, 'captures'>) =>
  captures.length === 0 ? {} : { capture: captures.map(captureSection) }

const captureSection = ({ host, interface: device, filter, snaplen, size, timestamps }: Capture) => ({
  on: host,
  interface: device,
  ...(filter === undefined ? {} : { filter }),
  ...(snaplen === undefined ? {} : { snaplen }),
  size: formatSize(size),
  ...(timestamps === undefined ? {} : { timestamps }),
})

const listOf = (name: string, steps: readonly WrittenStep[]) =>
  steps.length === 0 ? {} : { [name]: steps.map(stepEntry) }

/** As written, with what the includes around it add. */
function stepEntry({ kind, value, modifiers, when, tags, env }: WrittenStep): unknown {
  const several = (each: readonly Written[]) => each.map(({ node }) => plain(toValue(node)))
  const single = [...modifiers].filter(([name]) => !['when', 'tags', 'env'].includes(name))
  return {
    ...Object.fromEntries(single.map(([name, { node }]) => [name, plain(toValue(node))])),
    [kind.name]: plain(toValue(value.node)),
    ...(when.length === 0 ? {} : { when: several(when).flat() }),
    ...(tags.length === 0 ? {} : { tags: several(tags).flat() }),
    ...(env.length === 0 ? {} : { env: Object.assign({}, ...several(env)) }),
  }
}

/** A number that JSON cannot hold exactly is a text. */
function plain(value: Value): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (value === null || typeof value !== 'object') return value
  if (isList(value)) return value.map(plain)
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
}

function hostEntry({ connection, interface: device, broker }: PlayHost) {
  const { kind, address, user, port } = connection
  return {
    address,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
    ...(kind === 'local' ? { connection: kind } : {}),
    ...varsOf({ ...(device === '' ? {} : { interface: device }), ...(broker && { lockstep_user: broker.user }) }),
  }
}

const varsOf = (vars: object) => (Object.keys(vars).length === 0 ? {} : { vars })

const reserveSection = ({ what, earliest, latest, duration, claims, onDisconnect }: Reserve) => ({
  ...{ what, earliest: instantText(earliest), latest: instantText(latest) },
  ...(duration === undefined ? {} : { duration: formatDuration(duration) }),
  ...(claims === undefined ? {} : { claims: [...claims] }),
  on_disconnect: onDisconnect,
})

const syncSection = ({ ptp4l, phc2sys, gate }: SyncSetup) => ({
  ptp4l: ptp4l === undefined ? false : [...ptp4l],
  phc2sys: phc2sys === undefined ? false : [...phc2sys],
  gate: {
    offset: formatDuration(gate.offset),
    ...(gate.offsets.size === 0
      ? {}
      : { offsets: Object.fromEntries([...gate.offsets].map(([host, limit]) => [host, formatDuration(limit)])) }),
    require: [...gate.require],
    good: gate.good,
    every: formatDuration(gate.every),
    hold: formatDuration(gate.hold),
    timeout: formatDuration(gate.timeout),
    bad: gate.bad,
  },
})

function flowEntry(flow: Flow, toolOf: (tool: string) => ToolDescription | undefined) {
  const { from, to, tool, receiver, otherwise, over, shares } = flow
  const received = writtenValues(receiver, toolOf(tool))
  return {
    from,
    to,
    ...(over === undefined ? {} : { over }),
    ...(shares === undefined ? {} : { shares }),
    tool: otherwise.length === 0 ? tool : [tool, ...otherwise.map(each => each.tool)],
    ...Object.fromEntries(
      [flow, ...otherwise].map(each => [
        each.tool,
        each.command === undefined ? writtenValues(each.sender, toolOf(each.tool)) : writtenCommand(each.command),
      ]),
    ),
    ...(Object.keys(received).length === 0 ? {} : { receiver: received }),
  }
}

/** Values of options as a playbook has them: with their units. */
export const writtenValues = (values: ToolOptions, tool: ToolDescription | undefined) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, written(name, value, tool?.options[name]?.kind)]),
  )

/** A number that JSON cannot hold exactly is a text, which every kind reads as well. */
function written(name: string, value: ToolOption, kind: OptionKind | undefined): string | number | boolean {
  if (typeof value !== 'bigint') return value
  if (kind === 'duration' || kind === 'size' || kind === 'rate') return writeMeasured(kind, value)
  if (name === 'etype' || name === 'cpu-mask') return `0x${value.toString(16)}`
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
}

/** With the flows in front, also where they were understood. */
const line = ({ text, flows }: Expectation) => (/^[^\s<>=!]+\s*:/.test(text) ? text : `${flows}: ${text}`)
