import type { Play } from '../playbook/play.ts'
import type { RunContext } from './context.ts'
import type { HostClock } from './ends.ts'
import type { HostSession } from './host-session.ts'
import { type ProcessFlows, processFlows } from './process-flows.ts'
import type { Rig } from './rig.ts'

/** The flows that are none of isochron, with what an attempt needs to know of their hosts. */
export interface OtherFlows {
  readonly flows: ProcessFlows
  /** The hosts that send, and whether they tell one time. */
  readonly senders: readonly HostSession[]
  readonly areInStep: boolean
  /** Whom to ask about the clocks of hosts that no pair has an end on. */
  readonly clocks: ReadonlyMap<string, HostClock>
  /** The hosts of these flows that the gate waits for. */
  readonly gated: readonly string[]
}

/** Undefined when every flow is one of isochron. */
export function otherFlows(
  play: Play,
  sessions: ReadonlyMap<string, HostSession>,
  { running, seenPorts, clockOf }: Pick<Rig, 'running' | 'seenPorts' | 'clockOf'>,
  context: RunContext,
): OtherFlows | undefined {
  const flows = processFlows(play, sessions, { running, seenPorts }, context)
  if (flows.flows.length === 0) return undefined
  const named = (hosts: readonly string[]) => [...new Set(hosts)].flatMap(host => sessions.get(host) ?? [])
  const ends = named(flows.flows.flatMap(({ from, to }) => [from, to]))
  const { sync } = play
  return {
    flows,
    senders: named(flows.flows.map(({ from }) => from)),
    areInStep: sync !== undefined,
    clocks: new Map(ends.map(session => [session.name, clockOf(session)])),
    gated: sync === undefined ? [] : ends.map(({ name }) => name),
  }
}
