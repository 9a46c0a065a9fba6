import type { Settable, Value } from '../wire/messages.ts'
import type { IsochronTest } from './isochron.ts'

/** One value that a management SET carries. */
export type Setting = { readonly [Name in Settable]: { readonly message: Name; readonly value: Value<Name> } }[Settable]

const setting = <Name extends Settable>(message: Name, value: Value<Name>) => ({ message, value }) as Setting

const noMac = '00:00:00:00:00:00'

/** What only the run knows of a sender. */
export interface SenderSite {
  readonly interface: string
  readonly destinationMac: string
  readonly unixDomainSocket: string
  /** Whether its clocks are watched: without that it needs neither PHC readings nor ptp4l. */
  readonly monitored: boolean
}

/**
 * The whole configuration of a sender. What the order must respect: the role wipes everything; interface, readings, socket,
 * domain and transportSpecific come before the two monitors; those come before SYNC_MONITOR_ENABLED. L2 only: the daemons
 * do not honour the address of a UDP test.
 */
export function senderSettings(test: IsochronTest, site: SenderSite): Setting[] {
  const monitors = site.monitored ? [setting('sysmonEnabled', true), setting('ptpmonEnabled', true)] : []
  return [
    setting('nodeRole', 'sender'),
    setting('ifName', site.interface),
    setting('destinationMac', site.destinationMac),
    setting('sourceMac', test.sourceMac ?? noMac),
    setting('priority', test.priority),
    setting('advanceTime', test.advanceTime),
    setting('shiftTime', test.shiftTime),
    setting('cycleTime', test.cycleTime),
    setting('windowSize', test.windowSize),
    setting('domainNumber', test.domainNumber),
    setting('transportSpecific', test.transportSpecific),
    setting('uds', site.unixDomainSocket),
    setting('numReadings', test.numReadings),
    ...monitors,
    // The daemon would want a threshold of its own; the controller watches instead.
    setting('syncMonitorEnabled', false),
    setting('packetSize', test.frameSize),
    setting('tsEnabled', test.timestamps),
    ...(test.vid === undefined ? [] : [setting('vid', test.vid)]),
    setting('ethertype', test.etype),
    setting('quietEnabled', test.quiet),
    setting('taprioEnabled', test.taprio),
    setting('txtimeEnabled', test.txtime),
    setting('deadlineEnabled', test.deadline),
    setting('packetCount', test.numFrames),
    ...(test.utcTaiOffset === undefined ? [] : [setting('utcOffset', test.utcTaiOffset)]),
    setting('l2Enabled', true),
    setting('l4Enabled', false),
    ...(test.statsPort === undefined ? [] : [setting('statsPort', test.statsPort)]),
    ...(test.dataPort === undefined ? [] : [setting('dataPort', test.dataPort)]),
    setting('schedFifoEnabled', test.scheduling === 'fifo'),
    setting('schedRrEnabled', test.scheduling === 'rr'),
    setting('schedPriority', test.schedPriority),
    setting('cpuMask', test.cpuMask),
  ]
}

/** What a receiver is told before each attempt. The packet count also empties its log. */
export const receiverSettings = (test: IsochronTest): Setting[] => [
  setting('l2Enabled', true),
  setting('l4Enabled', false),
  setting('packetCount', test.numFrames),
]
