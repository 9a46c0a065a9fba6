import type { Column } from './metrics.ts'

/** Sorts in place, ascending. Whole numbers of 32 bits, which most times in ns are, take half the time as such. */
export function sortAscending<T extends Column>(values: T): T {
  if (values instanceof Float64Array && values.every(value => (value | 0) === value))
    values.set(Int32Array.from(values).sort())
  else values.sort()
  return values
}

/** So few are sorted at once. */
const few = 2_048
const buckets = 2 ** 14
/** Each narrows the range by the number of buckets, unless the values lie in clusters far apart. */
const mostNarrowings = 4

/**
 * The values that would stand at these places if they were sorted; NaN outside of them. Leaves the values where they are. They are
 * counted in buckets of equal width, and only the bucket that holds a place is looked at closer: a few walks through the values,
 * where sorting walks through them twenty times in a million. None may be NaN; positive infinity may be among them.
 */
export function valuesAt(values: Column, places: readonly number[]): (number | bigint)[] {
  if (!(values instanceof Float64Array)) {
    const sorted = values.toSorted()
    return places.map(place => sorted[place] ?? Number.NaN)
  }
  return placed(values, places, mostNarrowings)
}

function placed(values: Float64Array, places: readonly number[], narrowings: number): number[] {
  const { min, max, finite } = finiteRange(values)
  const beyond = (place: number) => (place < values.length ? Number.POSITIVE_INFINITY : Number.NaN)
  if (min === max) return places.map(place => (place < finite ? min : beyond(place)))
  const scale = (buckets - 1) / (max - min)
  if (values.length <= few || narrowings === 0 || !Number.isFinite(scale) || scale === 0) {
    const sorted = sortAscending(values.slice())
    return places.map(place => sorted[place] ?? Number.NaN)
  }
  const counts = counted(values, min, max, scale)
  const found = new Map<number, number>()
  for (const [bucket, { below, wanted }] of placesByBucket(counts, places)) {
    const within = inBucket(values, { min, max, scale }, bucket, counts[bucket] as number) // of one that was counted
    const there = placed(
      within,
      wanted.map(place => place - below),
      narrowings - 1,
    )
    for (const [k, value] of there.entries()) found.set(wanted[k] as number, value)
  }
  return places.map(place => found.get(place) ?? beyond(place))
}

// Each walk is a function of its own: one that shares its variables with a closure takes ten times as long.

/** How many fall into each bucket. Those that are infinite fall into none: they stand behind all others. */
function counted(values: Float64Array, min: number, max: number, scale: number): Uint32Array {
  const counts = new Uint32Array(buckets)
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number // i is in bounds
    if (value <= max) (counts[((value - min) * scale) | 0] as number)++
  }
  return counts
}

interface Scale {
  readonly min: number
  readonly max: number
  readonly scale: number
}

function inBucket(values: Float64Array, { min, max, scale }: Scale, bucket: number, count: number): Float64Array {
  const within = new Float64Array(count)
  let filled = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number // i is in bounds
    if (value <= max && (((value - min) * scale) | 0) === bucket) within[filled++] = value
  }
  return within
}

/** Which places lie in which bucket, and how many values stand before it. */
function placesByBucket(counts: Uint32Array, places: readonly number[]) {
  const by = new Map<number, { readonly below: number; readonly wanted: number[] }>()
  const ascending = [...new Set(places)].sort((a, b) => a - b)
  let [bucket, below] = [0, 0]
  for (const place of ascending) {
    while (bucket < counts.length && below + (counts[bucket] as number) <= place) below += counts[bucket++] as number
    if (bucket === counts.length) break
    const known = by.get(bucket)
    if (known === undefined) by.set(bucket, { below, wanted: [place] })
    else known.wanted.push(place)
  }
  return by
}

function finiteRange(values: Float64Array) {
  let [min, max, finite] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number // i is in bounds
    if (value === Number.POSITIVE_INFINITY) continue
    finite++
    if (value < min) min = value
    if (value > max) max = value
  }
  return { min, max, finite }
}
