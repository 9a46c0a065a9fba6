import type { ToolOptions } from '../playbook/play.ts'
import type { IsochronTest } from './isochron.ts'

/** What a process is started with: known to the plan by placeholders, to the run by its own values. */
export interface ProcessPlace {
  /** Folder of the run on that host. */
  readonly folder: string
  /** TCP port of the management protocol. */
  readonly port: number
}

/**
 * The loopback address in the spelling that isochron honours: an IPv4 address is silently ignored by --stats-address, and
 * the process would listen on every address (isochron 0.9).
 */
const loopback = '::ffff:127.0.0.1'

export const daemonPidFile = (folder: string, name: string) => `${folder}/${name}.pid`
export const daemonLogFile = (name: string) => `${name}.log`

/** `isochron daemon`, which forks away; real-time scheduling by chrt(1), for its own request takes no effect. */
export function daemonCommand(test: IsochronTest, name: string, { folder, port }: ProcessPlace): string[] {
  const policy = test.scheduling === 'rr' ? '--rr' : '--fifo'
  const scheduled = test.scheduling === undefined ? [] : ['chrt', policy, String(Math.max(1, test.schedPriority))]
  return [
    ...scheduled,
    ...['isochron', 'daemon', '--stats-address', loopback, '--stats-port', String(port)],
    ...['--pid-file', daemonPidFile(folder, name), '--log-file', `${folder}/${daemonLogFile(name)}`],
  ]
}

/** What a receiver needs to know besides its options. */
export interface ReceiverSite {
  readonly interface: string
  /** ptp4l's socket on the receiving host; undefined: isochron's default. */
  readonly unixDomainSocket: string | undefined
}

/** `isochron rcv`, which stays in the foreground. `extra` are the flow's own `receiver:` options, which win. */
export function receiverCommand(
  test: IsochronTest,
  site: ReceiverSite,
  extra: ToolOptions,
  place: ProcessPlace,
): string[] {
  const options: Record<string, string | true> = {
    interface: site.interface,
    'stats-address': loopback,
    'stats-port': String(place.port),
    etype: `0x${test.etype.toString(16)}`,
    ...(test.destinationMac === undefined ? {} : { dmac: test.destinationMac }),
    ...(test.domainNumber === 0 ? {} : { 'domain-number': String(test.domainNumber) }),
    ...(test.transportSpecific === 0 ? {} : { 'transport-specific': String(test.transportSpecific) }),
    ...(site.unixDomainSocket === undefined ? {} : { 'unix-domain-socket': site.unixDomainSocket }),
    // Its listing of the log at exit would repeat the packet log in the process log.
    quiet: true,
  }
  for (const [name, value] of Object.entries(extra)) {
    if (value === false) delete options[name]
    else options[name] = value === true ? true : name === 'etype' ? `0x${value.toString(16)}` : String(value)
  }
  // The kernel refuses real-time scheduling with priority 0, isochron's default.
  if (options['sched-fifo'] || options['sched-rr']) options['sched-priority'] ??= '1'
  return [
    'isochron',
    'rcv',
    ...Object.entries(options).flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, value])),
  ]
}
