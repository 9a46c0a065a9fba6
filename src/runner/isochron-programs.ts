import type { Flow, PlayHost, SyncSetup } from '../playbook/play.ts'
import { isochronTest } from '../tools/isochron.ts'
import { daemonCommand, daemonPidFile, receiverCommand } from '../tools/isochron-commands.ts'
import type { ProcessSpec } from './process-spec.ts'
import { ptp4lSocket } from './sync-programs.ts'

/** isochron opens its port within milliseconds; a busy host may take longer. */
const isochronReadyMs = 10_000

/** isochron's default management port: the first that is tried, for daemons and receivers alike. */
export const firstPort = 5000

export const receiverProcess = (flow: Flow) => `rcv-${flow.receiverName}`
export const daemonProcess = (flow: Flow) => `daemon-${flow.name}`

export interface Site {
  readonly host: Pick<PlayHost, 'interface'>
  readonly folder: string
  readonly port: number
}

export function receiverSpec(flow: Flow, sync: SyncSetup | undefined, { host, folder, port }: Site): ProcessSpec {
  const socket = sync?.ptp4l === undefined ? undefined : ptp4lSocket(sync, folder)
  const site = { interface: host.interface, unixDomainSocket: socket }
  return {
    name: receiverProcess(flow),
    argv: receiverCommand(isochronTest(flow.sender), site, flow.receiver, { folder, port }),
    ready: { kind: 'listening', port },
    readyWithinMs: isochronReadyMs,
  }
}

/** One daemon per flow, since a daemon serves one client and sends one stream. */
export function daemonSpec(flow: Flow, { folder, port }: Site): ProcessSpec {
  const name = daemonProcess(flow)
  return {
    name,
    argv: daemonCommand(isochronTest(flow.sender), name, { folder, port }),
    ready: { kind: 'listening', port },
    readyWithinMs: isochronReadyMs,
    pidFile: daemonPidFile(folder, name),
  }
}

/** Gives out ports from `firstPort` upwards, past those that are taken. */
export function portGiver(taken: ReadonlySet<number>): () => number | undefined {
  let next = firstPort
  return () => {
    while (taken.has(next)) next++
    return next > 65_535 ? undefined : next++
  }
}
