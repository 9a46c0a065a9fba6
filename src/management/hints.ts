import type { MessageName } from '../wire/messages.ts'

/** Questions that isochron passes on to ptp4l's socket. */
const askedOfPtp4l: readonly MessageName[] = ['ptpmonOffset', 'utcOffset', 'portState', 'gmClockIdentity']

/** What most likely stands behind a refusal with this errno; undefined when isochron's own words must do. */
export function refusalHint(name: MessageName, code: number): string | undefined {
  const passedOn = askedOfPtp4l.includes(name) ? ptp4lHints[code] : undefined
  return passedOn ?? hints[name]?.[code] ?? hints[name]?.other
}

/** What most likely stands behind an answer that does not come. */
export const silenceHint = (name: MessageName): string | undefined =>
  // A ptp4l that drops the question leaves isochron waiting for ever: it serves nobody until it is restarted.
  askedOfPtp4l.includes(name)
    ? 'domain-number and transport-specific must be those of ptp4l, or isochron hangs until it is restarted'
    : undefined

const ptp4lHints: Readonly<Record<number, string>> = {
  [-2]: 'ptp4l has no socket there: it does not run, or its --uds_address is not isochron’s --unix-domain-socket',
  [-111]: 'nobody listens on that socket: ptp4l has ended and left it behind',
  [-22]: 'PTPMON_ENABLED has not been set, or after SYNC_MONITOR_ENABLED',
}

const hints: { readonly [Name in MessageName]?: Readonly<Record<number, string>> & { readonly other?: string } } = {
  sysmonOffset: { [-22]: 'SYSMON_ENABLED has not been set, or after SYNC_MONITOR_ENABLED' },
  portState: { other: 'ptp4l must have a port on the test interface, or on the real device of a VLAN interface' },
  sysmonEnabled: { [-12]: 'the interface has no PHC, or there is no such interface' },
  ptpmonEnabled: {
    [-110]: 'ptp4l has no socket there: it does not run, or has another --uds_address',
    other:
      'isochron asks ptp4l from a socket of its own, /var/run/isochron.PID: that folder must be writable, and containers that share it need one pid space',
  },
  log: { [-22]: 'a sender has a log from TEST_STATE running until TEST_STATE idle' },
  testState: {
    [-12]: 'the packet log does not fit into the memory of the host',
    [-19]: 'there is no such interface',
    [-22]: 'running already, or the options contradict each other: only the log file of the daemon says which',
    [-95]: 'the driver of the interface refuses hardware timestamping',
    [-100]: 'the interface is down',
  },
}
