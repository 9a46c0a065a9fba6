/**
 * Where a percentile such as `p99` or `p99.9` stands among so many ascending values, from 0. By nearest rank: the smallest value that
 * at least p percent do not exceed, so always one that was measured; p0 is the smallest of all. The rank is computed in whole
 * numbers: 99.9 % of 1000 is 999, which floats miss. Undefined for any other name, above p100, and of none.
 */
export function placeOf(name: string, count: number): number | undefined {
  const match = /^p(\d{1,3})(?:\.(\d{1,9}))?$/.exec(name)
  if (match === null) return undefined
  const [, whole = '', fraction = ''] = match
  const all = 100n * 10n ** BigInt(fraction.length)
  const rank = Number((BigInt(whole + fraction) * BigInt(count) + all - 1n) / all)
  return rank > count || count === 0 ? undefined : Math.max(rank, 1) - 1
}
