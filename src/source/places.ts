import type { Place } from '../errors/error.ts'

/** Turns an offset into `text` into a place. Lines end with `\n`, `\r\n` or `\r`. */
export function placesIn(file: string, text: string): (offset: number) => Place {
  const starts = [0]
  for (const end of text.matchAll(/\r\n?|\n/g)) starts.push(end.index + end[0].length)
  return offset => {
    const line = lastNotAfter(starts, offset)
    return { file, line: line + 1, column: offset - (starts[line] ?? 0) + 1 }
  }
}

/** Index of the last element of an ascending list that is at most `limit`. */
function lastNotAfter(ascending: readonly number[], limit: number): number {
  let [low, high] = [0, ascending.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((ascending[middle] ?? 0) <= limit) low = middle
    else high = middle - 1
  }
  return low
}
