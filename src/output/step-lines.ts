import { clean, count, formatSpan } from './format.ts'
import { type Line, span } from './line.ts'
import { stepAtHost } from './step-wording.ts'
import type { Symbols } from './symbols.ts'
import type { View } from './view.ts'

/** Hosts that a step waits for are named when so few are left. */
const namedHosts = 8

/** The step that is being done: how many hosts are done with it, what was not good, who is still at it. */
export function stepLines({ step }: View, rows: number, nowMs: number, symbols: Symbols): Line[] {
  if (step === undefined || rows < 1) return []
  const { started, done, bad, sinceMs } = step
  const { hosts } = started
  const head = [
    span(clean(`${started.step}  ${started.name}`)),
    span(`  ${done.size} of ${count(hosts.length, 'host')}, ${formatSpan(nowMs - sinceMs)}`, 'dim'),
  ]
  const left = hosts.filter(host => !done.has(host))
  const waiting =
    left.length === 0 || left.length > namedHosts ? [] : [[span(clean(`still at it: ${left.join(', ')}`), 'dim')]]
  const shown = bad.slice(0, Math.max(0, rows - 1 - waiting.length))
  return [
    head,
    ...shown.map(each => [
      span(
        `${each.outcome === 'failed' ? symbols.failed : symbols.warning} `,
        each.outcome === 'failed' ? 'red' : 'yellow',
      ),
      span(clean(stepAtHost(each))),
    ]),
    ...waiting,
  ].slice(0, rows)
}
