import { pause } from '../transport/deadline.ts'
import { type FlowEnding, printedBy, readFlow } from './flow-outputs.ts'
import type { FlowParts } from './flow-parts.ts'

const firstPauseMs = 20
const longestPauseMs = 500

/**
 * Resolves when what both ends of a flow have printed is whole, and at the latest after `withinMs`. Its sender has ended, but
 * a receiver that goes on prints the results when its host comes to it.
 */
export async function untilReported(
  parts: FlowParts,
  ending: FlowEnding,
  withinMs: number,
  signal: AbortSignal,
): Promise<void> {
  const since = performance.now()
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, 2 * pauseMs)) {
    const { faults } = readFlow(parts, await printedBy([parts], signal), ending).reading
    const leftMs = withinMs - (performance.now() - since)
    if (faults.length === 0 || leftMs <= 0) return
    await pause(Math.min(pauseMs, leftMs), signal)
  }
}
