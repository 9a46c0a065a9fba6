import { integer } from '../facts/fact.ts'
import { askFiles, readFiles } from '../transport/file-question.ts'
import type { RunContext } from './context.ts'
import type { HostSession } from './host-session.ts'
import { allOf } from './patience.ts'
import type { RunRecord } from './record.ts'

/** A flap between two looks shows in the kernel's count, whatever the link is like when one looks. */
export async function carrierChanges(
  sessions: ReadonlyMap<string, HostSession>,
  keepReading: RunContext['keepReading'],
  moment: RunRecord['moment'],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const counts = await allOf(
    [...sessions.values()].map(async session => {
      const { name, interface: device } = session
      const file = `/sys/class/net/${device}/carrier_changes`
      const { argv, question } = askFiles([file])
      const { stdout } = await session.ask(argv, { question, timeoutMs: 10_000, signal })
      return [name, integer(readFiles(stdout, [file]).get(file)?.toString('utf8') ?? '')] as const
    }),
  )
  const known = counts.flatMap(([host, count]) => (count === undefined ? [] : [[host, count] as const]))
  const now = moment()
  for (const [host, count] of known) {
    if (now !== undefined) keepReading({ ...now, host, source: 'kernel', carrierChanges: count, ok: true, reasons: [] })
  }
  return new Map(known)
}
