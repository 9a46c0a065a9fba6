import { clockLineTrouble, readClockLine } from '../sync/log-lines.ts'
import type { Nanoseconds } from '../units/quantity.ts'
import type { KeptReading, RunContext, Troubles } from './context.ts'
import type { HostSession } from './host-session.ts'

/**
 * Our own ptp4l and phc2sys tell of their clocks once a second: every line is kept, a suspicious one is reported.
 * Returns the function that stops listening.
 */
export function watchClockLines(
  session: HostSession,
  limit: Nanoseconds,
  moment: () => Pick<KeptReading, 'phase' | 'attempt'> | undefined,
  { keepReading }: Pick<RunContext, 'keepReading'>,
  troubles: Troubles,
): () => void {
  const wrong = new Map<string, number>()
  return session.onLine((process, text) => {
    if (process !== 'ptp4l' && process !== 'phc2sys') return
    const line = readClockLine(text)
    const now = moment()
    if (line === undefined || now === undefined) return
    const trouble = clockLineTrouble(line, limit)
    const figures =
      line.kind === 'port state'
        ? { portState: line.to }
        : line.clock === 'phc'
          ? { phcOffset: line.offset }
          : { systemOffset: line.offset }
    const reasons = trouble === undefined ? [] : [trouble]
    keepReading({ ...now, host: session.name, source: process, ...figures, ok: reasons.length === 0, reasons })
    const inARow = trouble === undefined ? 0 : (wrong.get(process) ?? 0) + 1
    wrong.set(process, inARow)
    if (trouble !== undefined) troubles.report({ kind: 'suspicion', host: session.name, reason: trouble, inARow })
  })
}
