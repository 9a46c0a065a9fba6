import type { Column } from '../../stats/metrics.ts'
import type { Scale } from './scale.ts'

/** How many of the ascending values lie in each of `count` parts of a scale. Values beyond its ends go to the outer ones. */
export function binned(sorted: Column, scale: Scale, count: number): number[] {
  const edges = Array.from({ length: count - 1 }, (_, i) => scale.valueAt((i + 1) / count))
  const below = [0, ...edges.map(edge => countBelow(sorted, edge)), sorted.length]
  return Array.from({ length: count }, (_, i) => (below[i + 1] ?? 0) - (below[i] ?? 0))
}

/** How many of the ascending values are smaller than the edge. */
export function countBelow(sorted: Column, edge: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? 0) < edge) low = middle + 1
    else high = middle
  }
  return low
}
