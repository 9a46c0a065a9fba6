import { exit } from '../errors/codes.ts'
import type { Problem } from '../errors/error.ts'
import { renderProblem } from '../errors/render.ts'
import type { EventOf, HostRound } from '../runner/events.ts'
import { formatDuration } from '../units/duration.ts'
import { clean, count } from './format.ts'
import type { Style } from './line.ts'

/** A finding as lines, the host in front: `A: no answer from port 22  [SSH_…]`, and the hint below. */
export function problemLines(problem: Problem, host: string | undefined): string[] {
  const who = host === undefined ? '' : `${host}: `
  // A problem of a run is about a host, not about a line of a file that could be shown.
  return `${who}${renderProblem(problem, () => undefined)}`.split('\n').map(clean)
}

export const badHosts = (hosts: readonly HostRound[]) => hosts.filter(({ reasons }) => reasons.length > 0)

/** `A: its PHC is 1.234us ahead of the grandmaster (limit 100ns)` */
export const reasonsOf = ({ reading, reasons }: HostRound) => clean(`${reading.host}: ${reasons.join('; ')}`)

/** `100ns`, and of hosts that are held to another limit: `100ns (C 1us)`. */
export function limitsInWords({ limit, limits = {} }: Pick<EventOf<'gate_round'>, 'limit' | 'limits'>): string {
  const own = Object.entries(limits).map(([host, each]) => `${clean(host)} ${formatDuration(each)}`)
  const shown = own.length > mostLimits ? [...own.slice(0, mostLimits), `${own.length - mostLimits} more`] : own
  return `${formatDuration(limit)}${shown.length === 0 ? '' : ` (${shown.join(', ')})`}`
}
const mostLimits = 3

/** `A: 40 packets at eth0, none dropped, captures/A.pcap` */
export function captureInWords(capture: EventOf<'capture_collected'>): string {
  const { host, interface: device, packets, dropped, droppedByInterface = 0, full, fault, file } = capture
  const lost = dropped === undefined ? undefined : dropped + droppedByInterface
  const parts = [
    `${host}: ${count(packets, 'packet')} at ${device}`,
    lost === undefined ? '' : lost === 0 ? 'none dropped' : `${lost} dropped`,
    full ? 'the file is full' : '',
    fault ?? '',
    file ?? '',
  ]
  return parts.filter(part => part !== '').join(', ')
}

type Ended = Pick<EventOf<'run_ended'>, 'verdict' | 'exitCode'>

/** The verdict in one word; without one, why there is none. */
export function outcome({ verdict, exitCode }: Ended): { readonly word: string; readonly style: Style } {
  if (verdict === 'pass' && exitCode !== exit.ok) return { word: 'PASS, THEN FAILED', style: 'red' }
  if (verdict !== undefined) return { word: verdict.toUpperCase(), style: verdictStyles[verdict] }
  return { word: withoutVerdict[exitCode] ?? 'NO VERDICT', style: 'red' }
}

const verdictStyles = { pass: 'green', fail: 'red', invalid: 'yellow' } as const

const withoutVerdict: Readonly<Record<number, string>> = {
  [exit.usage]: 'REFUSED',
  [exit.invalid]: 'INVALID',
  [exit.host]: 'HOST NOT USABLE',
  [exit.busy]: 'HOST BUSY',
  [exit.interrupted]: 'INTERRUPTED',
}
