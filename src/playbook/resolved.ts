import { formatDuration } from '../units/duration.ts'
import { writeMeasured } from './options.ts'
import type { Expectation, Flow, Play, PlayHost, SyncSetup, ToolOption, ToolOptions } from './play.ts'
import type { OptionKind, ToolDescription } from './tool-description.ts'

/**
 * The playbook with every default filled in and every template evaluated, as plain JSON that is itself a playbook: it
 * gives the same flows without inventory, variables or command line. Passwords and keys are not in it.
 */
export function resolvedDocument(play: Omit<Play, 'resolved'>, tools: readonly ToolDescription[]): unknown {
  const toolOf = (flow: Flow) => tools.find(({ name }) => name === flow.tool)
  return {
    name: play.name,
    hosts: Object.fromEntries(play.hosts.map(host => [host.name, hostEntry(host)])),
    ...(play.sync === undefined ? {} : { sync: syncSection(play.sync) }),
    flows: Object.fromEntries(play.flows.map(flow => [flow.name, flowEntry(flow, toolOf(flow))])),
    expect: play.expect.map(line),
    attempts: play.attempts,
    report: [...play.report],
  }
}

function hostEntry({ connection, interface: device }: PlayHost) {
  const { kind, address, user, port } = connection
  return {
    address,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
    ...(kind === 'local' ? { connection: kind } : {}),
    ...(device === '' ? {} : { vars: { interface: device } }),
  }
}

const syncSection = ({ ptp4l, phc2sys, gate }: SyncSetup) => ({
  ptp4l: ptp4l === undefined ? false : [...ptp4l],
  phc2sys: phc2sys === undefined ? false : [...phc2sys],
  gate: {
    offset: formatDuration(gate.offset),
    good: gate.good,
    every: formatDuration(gate.every),
    hold: formatDuration(gate.hold),
    timeout: formatDuration(gate.timeout),
  },
})

function flowEntry({ from, to, tool, sender, receiver }: Flow, description: ToolDescription | undefined) {
  const received = options(receiver, description)
  return {
    from,
    to,
    tool,
    [tool]: options(sender, description),
    ...(Object.keys(received).length === 0 ? {} : { receiver: received }),
  }
}

const options = (values: ToolOptions, tool: ToolDescription | undefined) =>
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
