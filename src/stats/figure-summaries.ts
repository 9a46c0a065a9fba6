import type { IsochronFigure } from './figures.ts'

/** One line for the reference manual per figure: what is counted, or from where to where time is taken. */
export const figureSummaries = {
  lost: 'Packets that were sent and not received.',
  'not-stamped': 'Packets that were sent without all transmit timestamps.',
  'deadline-misses': 'Packets on the wire after their scheduled time. Not with taprio or txtime.',
  'path-delay': 'From the wire at the sender to the wire at the receiver.',
  'wakeup-to-hw-tx': 'From the wake-up of the sending program to the wire.',
  'sender-latency': "From the wake-up of the sending program to the kernel's transmit timestamp.",
  'wakeup-latency': 'From the planned wake-up, advance-time before the scheduled time, to the real one.',
  'driver-latency': "From the packet scheduler of the kernel to the kernel's transmit timestamp.",
  'arrival-latency': 'From the wire at the receiver to the receiving program.',
  'mac-latency': 'From the scheduled time to the wire. Only with taprio or txtime.',
  'latency-budget': 'From the wire to the scheduled time. Not with taprio or txtime.',
} as const satisfies Readonly<Record<IsochronFigure, string>>
