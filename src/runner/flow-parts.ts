import { LockstepError } from '../errors/error.ts'
import type { Flow, Play } from '../playbook/play.ts'
import type { FlowSite, TrafficTool } from '../tools/traffic-tool.ts'
import { trafficToolOf } from '../tools/traffic-tools.ts'
import type { UtcInstant } from '../units/quantity.ts'
import type { HostSession } from './host-session.ts'

/** A flow whose ends are processes, with its tool and the hosts of both ends. */
export interface FlowParts {
  readonly flow: Flow
  readonly tool: TrafficTool
  readonly from: HostSession
  readonly to: HostSession
  /** Its receiver serves other flows as well. */
  readonly sharesReceiver: boolean
  /** The clocks of its hosts are in step. */
  readonly inStep: boolean
}

/** A flow in one attempt, from the start of its receiver. */
export interface FlowAttempt {
  readonly site: FlowSite
  /** Whether something was started at the receiving end. */
  readonly hasReceiver: boolean
  /** Whether a launcher of its sender was started. */
  isHeld: boolean
  /** The common start by its sender's clock and by performance.now(); undefined until its host is told. */
  start: FlowDue | undefined
}

export interface FlowDue {
  readonly due: UtcInstant
  readonly atMs: number
}

/** One whose sender was started, or is being started. */
export type BegunAttempt = FlowAttempt & { readonly start: FlowDue }

/** Empty for a flow of isochron, which is driven in its own way. */
export function partsOf(
  flow: Flow,
  { flows, sync }: Pick<Play, 'flows' | 'sync'>,
  sessions: ReadonlyMap<string, HostSession>,
): FlowParts[] {
  const [tool, from, to] = [trafficToolOf(flow), sessions.get(flow.from), sessions.get(flow.to)]
  if (tool === undefined || from === undefined || to === undefined) return []
  const sharesReceiver = flows.some(other => other !== flow && other.receiverName === flow.receiverName)
  return [{ flow, tool, from, to, sharesReceiver, inStep: sync !== undefined }]
}

/** Flows that share ends, and so ports: those that name no other begin a family. */
export function familiesOf(all: readonly FlowParts[]): FlowParts[][] {
  const rootOf = ({ flow }: FlowParts) => flow.shares ?? flow.name
  return [...new Set(all.map(rootOf))].map(root => all.filter(parts => rootOf(parts) === root))
}

/** One of each process: of flows that share it, the first. */
export const sendersOf = (all: readonly FlowParts[]): FlowParts[] => firstOfEach(all, ({ flow }) => flow.senderName)
export const receiversOf = (all: readonly FlowParts[]): FlowParts[] => firstOfEach(all, ({ flow }) => flow.receiverName)

const firstOfEach = (all: readonly FlowParts[], nameOf: (parts: FlowParts) => string): FlowParts[] =>
  all.filter((parts, i) => all.findIndex(other => nameOf(other) === nameOf(parts)) === i)

/** What the command lines of a flow are made of, as its sender sees it; the ports are those that were given to it. */
export function siteOf({ flow, tool, from, to, inStep }: FlowParts, ports: readonly number[]): FlowSite {
  const address = flow.over ?? addressOf(to, tool.asksForV6(flow.sender))
  return {
    sender: flow.sender,
    receiver: flow.receiver,
    to: address,
    from: addressOf(from, address.includes(':')),
    device: to.interface,
    ports,
    folder: from.folder,
    startAt: undefined,
    inStep,
  }
}

function addressOf({ name, interface: device, facts }: HostSession, isV6: boolean): string {
  const found = facts.addresses?.find(address => address.includes(':') === isV6)
  if (found !== undefined) return found
  throw new LockstepError('HOST_INTERFACE', `${device} of ${name} has no IPv${isV6 ? 6 : 4} address`, {
    hint: "give it one, or say in the flow's 'over' which address it is reached by",
  })
}
