import { requiredOf, type SyncDemand } from '../sync/judge.ts'
import { type ClockLine, clockLineTrouble, readClockLine, toldBy } from '../sync/log-lines.ts'
import type { Nanoseconds } from '../units/quantity.ts'
import type { KeptReading, RunContext, Troubles } from './context.ts'
import type { HostSession } from './host-session.ts'

/**
 * Our own ptp4l and phc2sys tell of their clocks once a second: every line is kept, a suspicious one about what the
 * gate requires is reported. Returns the function that stops listening.
 */
export function watchClockLines(
  session: HostSession,
  { limit, ...demand }: SyncDemand & { readonly limit: Nanoseconds },
  moment: () => Pick<KeptReading, 'phase' | 'attempt'> | undefined,
  { keepReading }: Pick<RunContext, 'keepReading'>,
  troubles: Troubles,
): () => void {
  const wrong = new Map<string, number>()
  const required = requiredOf({ ...demand, limit })
  return session.onLine((process, text) => {
    if (process !== 'ptp4l' && process !== 'phc2sys') return
    const line = readClockLine(text)
    const now = moment()
    if (line === undefined || now === undefined) return
    const trouble = required.includes(toldBy(line)) ? clockLineTrouble(line, limit) : undefined
    const figures =
      line.kind === 'port state'
        ? { portState: line.to }
        : line.clock === 'phc'
          ? { phcOffset: line.offset, ...steeringOf(line) }
          : { systemOffset: line.offset }
    const reasons = trouble === undefined ? [] : [trouble]
    keepReading({ ...now, host: session.name, source: process, ...figures, ok: reasons.length === 0, reasons })
    const inARow = trouble === undefined ? 0 : (wrong.get(process) ?? 0) + 1
    wrong.set(process, inARow)
    if (trouble !== undefined) troubles.report({ kind: 'suspicion', host: session.name, reason: trouble, inARow })
  })
}

const steeringOf = ({ frequency, pathDelay }: ClockLine & { readonly kind: 'offset' }) => ({
  ...(frequency === undefined ? {} : { frequency }),
  ...(pathDelay === undefined ? {} : { pathDelay }),
})
