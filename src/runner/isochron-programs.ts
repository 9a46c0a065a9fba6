import type { Flow, PlayHost, SyncSetup } from '../playbook/play.ts'
import { isochronTest } from '../tools/isochron.ts'
import { daemonCommand, daemonPidFile, receiverCommand } from '../tools/isochron-commands.ts'
import type { ProcessSpec } from './process-spec.ts'
import { ptp4lSocket } from './sync-programs.ts'

/** isochron opens its port within milliseconds; a busy host may take longer. */
const isochronReadyMs = 10_000

/** isochron's end of the conversation with ptp4l is /var/run/isochron.PID. */
const isochronSocket = '/var/run/isochron.'

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
    litter: isochronSocket,
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
    litter: isochronSocket,
  }
}

/** The ports of one host: each is given out once, from `firstPort` upwards, past those that somebody listens on. */
export interface Ports {
  /** Undefined: none is left. */
  take(): number | undefined
  /** Ports found taken since. */
  avoid(taken: Iterable<number>): void
}

export function ports(taken: Iterable<number>): Ports {
  const avoided = new Set(taken)
  let next = firstPort
  return {
    take: () => {
      while (avoided.has(next)) next++
      return next > 65_535 ? undefined : next++
    },
    avoid: more => {
      for (const port of more) avoided.add(port)
    },
  }
}
