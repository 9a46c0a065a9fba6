import { ns } from '../units/quantity.ts'
import type { SyncReading } from './reading.ts'

/** adjtimex(2): status bits. */
const unsynchronised = 0x0040
const inNanoseconds = 0x2000

type KernelReading = Pick<SyncReading, 'systemOffset' | 'uncertainty' | 'ntpSource' | 'failures'>

/**
 * Reads `STATUS OFFSET MAXERROR` of adjtimex(2), which an NTP daemon keeps: the offset is what the kernel has still to slew, in
 * us or ns as the status says, the error at most that of the whole path, in us; it grows by 500 ppm until it is told anew.
 */
export function readStanding(output: string, keeper: string): KernelReading {
  const [, status, offset, error] = /^(\d+) (-?\d+) (\d+)$/m.exec(output) ?? []
  if (status === undefined || offset === undefined || error === undefined)
    return { failures: ['the kernel does not say how its clock stands (adjtimex, by perl)'] }
  if ((Number(status) & unsynchronised) !== 0)
    return { failures: [`the kernel says that ${keeper} has not synchronised its clock`] }
  const unit = (Number(status) & inNanoseconds) !== 0 ? 1n : 1000n
  // What is still to be added is what the clock is behind.
  return { systemOffset: ns(-BigInt(offset) * unit), uncertainty: ns(BigInt(error) * 1000n), ntpSource: keeper }
}
