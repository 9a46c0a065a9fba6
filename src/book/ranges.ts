/** Starts that would do, in us: half open. Lists of them are ascending and apart from each other. */
export interface Range {
  readonly from: number
  readonly to: number
}

export function intersection(a: readonly Range[], b: readonly Range[]): readonly Range[] {
  const common: Range[] = []
  for (let [i, j] = [0, 0]; ; ) {
    const [left, right] = [a[i], b[j]]
    if (left === undefined || right === undefined) return common
    const range = { from: Math.max(left.from, right.from), to: Math.min(left.to, right.to) }
    if (range.from < range.to) common.push(range)
    if (left.to < right.to) i++
    else j++
  }
}

/** Where at least `count` of the lists have a range. */
export function covered(lists: readonly (readonly Range[])[], count: number): readonly Range[] {
  const steps = lists.flat().flatMap(({ from, to }) => [
    { at: from, by: 1 },
    { at: to, by: -1 },
  ])
  // At one place ends come after begins, so that adjoining ranges become one.
  steps.sort((a, b) => a.at - b.at || b.by - a.by)
  const found: Range[] = []
  let [depth, from] = [0, 0]
  for (const { at, by } of steps) {
    if (by > 0 && depth + by === count) from = at
    if (by < 0 && depth === count && from < at) found.push({ from, to: at })
    depth += by
  }
  return found
}

/** The part of a list before `end`. */
export const until = (ranges: readonly Range[], end: number): readonly Range[] =>
  ranges.filter(({ from }) => from < end).map(({ from, to }) => ({ from, to: Math.min(to, end) }))
