import { formatSpan } from './format.ts'
import type { View } from './view.ts'

/** How far it is to what is reserved, and how much of it is over: `begins in 2.3s`, `1.0s of 3.0s`, `4 of 20 are over`. */
export function reservedHead({ reserved }: Pick<View, 'reserved'>, nowMs: number): string {
  const all = [...reserved.values()]
  const first = Math.min(...all.map(({ fromMs }) => fromMs))
  if (first > nowMs) return `begins in ${formatSpan(first - nowMs)}`
  const [only, ...more] = all
  if (only !== undefined && more.length === 0) {
    const lasts = only.toMs - only.fromMs
    return `${formatSpan(Math.min(nowMs - only.fromMs, lasts))} of ${formatSpan(lasts)}`
  }
  return `${all.filter(({ toMs }) => toMs <= nowMs).length} of ${all.length} are over`
}
