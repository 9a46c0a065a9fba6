import type { Flow, Play } from '../playbook/play.ts'
import { mayChangeClocks } from './clock-undos.ts'
import { flowReceiverProcess, senderProcess } from './flow-programs.ts'
import { isIsochron } from './flow-tools.ts'
import { daemonProcess, receiverProcess } from './isochron-programs.ts'
import { raisedBy } from './run-steps.ts'
import { numberedSteps } from './steps/numbered.ts'

/** The processes of flows by the host they run on: their logs are followed. */
export type FlowLogs = ReadonlyMap<string, ReadonlySet<string>>

/** What all the tests together that are to be run on the same hosts want of them. */
export interface RigNeeds {
  readonly flowLogs: FlowLogs
  /** Whether one of them may change the clocks of a host. */
  readonly changesClocks: boolean
  /** Hosts on which steps become other users. */
  readonly raised: ReadonlySet<string>
}

export function needsOf(plays: Iterable<Play>): RigNeeds {
  const flowLogs = new Map<string, Set<string>>()
  const raised = new Set<string>()
  let changesClocks = false
  for (const play of plays) {
    for (const [host, name] of play.flows.flatMap(processesOf))
      flowLogs.set(host, (flowLogs.get(host) ?? new Set()).add(name))
    for (const host of raisedBy(numberedSteps(play))) raised.add(host)
    changesClocks ||= mayChangeClocks(play)
  }
  return { flowLogs, changesClocks, raised }
}

const processesOf = (flow: Flow): (readonly [string, string])[] =>
  isIsochron(flow)
    ? [
        [flow.to, receiverProcess(flow)],
        [flow.from, daemonProcess(flow)],
      ]
    : [
        [flow.to, flowReceiverProcess(flow)],
        [flow.from, senderProcess(flow)],
      ]
