import type { Nanoseconds } from '../units/quantity.ts'

/** PTP port states, IEEE 1588-2019 table 27, spelt as ptp4l and pmc print them. */
export const portStates = {
  1: 'INITIALIZING',
  2: 'FAULTY',
  3: 'DISABLED',
  4: 'LISTENING',
  5: 'PRE_MASTER',
  6: 'MASTER',
  7: 'PASSIVE',
  8: 'UNCALIBRATED',
  9: 'SLAVE',
  10: 'GRAND_MASTER',
} as const
export type PortState = (typeof portStates)[keyof typeof portStates]

/**
 * Who gave a reading: isochron's management protocol, ptp4l's as pmc speaks it (with what phc2sys or phc_ctl say of the system clock),
 * chronyd's by chronyc, a line that ptp4l or phc2sys printed, or the kernel itself (carrier, adjtimex).
 */
export type SyncSource = 'isochron' | 'pmc' | 'chrony' | 'ptp4l' | 'phc2sys' | 'kernel'

/** What is known of one host's clocks at one moment. A figure that could not be had is missing. */
export interface SyncReading {
  readonly host: string
  readonly source: SyncSource
  /** Carrier of the test interface. */
  readonly link?: 'up' | 'down' | 'unknown'
  /** Times that the carrier has changed since the interface was made. */
  readonly carrierChanges?: number
  readonly portState?: PortState
  /** clockIdentity of the grandmaster in ptp4l's spelling: `001122.fffe.334455`. */
  readonly grandmaster?: string
  /** PHC minus grandmaster; positive: the PHC is ahead. */
  readonly phcOffset?: Nanoseconds
  /** System clock (CLOCK_TAI) minus PHC, or minus NTP's time where chronyd or the kernel tells it; positive: it is ahead. */
  readonly systemOffset?: Nanoseconds
  /** The system clock is off by systemOffset ± this; missing where the source says none. */
  readonly uncertainty?: Nanoseconds
  /** By how much ptp4l's servo makes the PHC run faster than it would by itself, ppb. */
  readonly frequency?: number
  /** Frequency of ptp4l's last line minus that of the line before, ppb. */
  readonly frequencyChange?: number
  /** Mean path delay to the neighbour (P2P) or to the grandmaster (E2E), as ptp4l measures it. */
  readonly pathDelay?: Nanoseconds
  /** Path delay of ptp4l's last line minus that of the line before. */
  readonly pathDelayChange?: Nanoseconds
  /** Whom chronyd follows: `192.0.2.1, stratum 3`. */
  readonly ntpSource?: string
  /** TAI minus UTC in whole seconds, as ptp4l says. */
  readonly utcOffset?: number
  /** What went wrong with a question that got no figure. */
  readonly failures?: readonly string[]
}
