/** How much time a benchmark may take: `short` is for CI. */
export interface Extent {
  readonly short: boolean
  /** Aborted when the user has had enough. */
  readonly interrupted: AbortSignal
}

/** One line of the table. */
export interface Row {
  readonly what: string
  readonly measured: string
  /** What the project aims at on a quiet machine: shown, never asserted. */
  readonly goal?: string
  /** What must hold on any machine. */
  readonly asserted?: { readonly text: string; readonly met: boolean }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low, high] = [sorted[middle - 1 + (sorted.length % 2)] ?? Number.NaN, sorted[middle] ?? Number.NaN]
  return (low + high) / 2
}

/** `1.37 s` or `48 ms`. */
export const inSeconds = (ms: number) => (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`)

/** `8.2 times`. */
export const inTimes = (ratio: number) => `${ratio.toFixed(ratio < 10 ? 2 : 1)} times`

/** A median with what it is the median of. */
export function spread(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return `${inSeconds(median(values))} (${values.length} runs: ${inSeconds(least)} to ${inSeconds(most)})`
}
