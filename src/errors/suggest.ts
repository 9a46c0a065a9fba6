/** The known word nearest to a misspelt one, or undefined when none is near. Case and `-`/`_` count little. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3))
  let best: { candidate: string; distance: number } | undefined
  for (const candidate of known) {
    const distance = editDistance(fold(word), fold(candidate))
    // Every one-letter word is one change away from every other.
    if (distance <= limit && distance < word.length && (best === undefined || distance < best.distance))
      best = { candidate, distance }
  }
  return best?.candidate
}

/** `did you mean 'X'?`, or the list of what is known when it is short, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const near = suggest(word, known)
  if (near !== undefined) return `did you mean '${near}'?`
  const names = new Set(known)
  if (names.size === 0 || names.size > 12) return undefined
  return `known here: ${[...names].join(', ')}`
}

const fold = (word: string) => word.toLowerCase().replaceAll('_', '-')

/** Damerau's distance (adjacent transpositions count one), optimal string alignment. */
function editDistance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...new Array<number>(b.length).fill(0)])
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0
  for (let j = 0; j <= b.length; j++) (rows[0] as number[])[j] = j
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let distance = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        distance = Math.min(distance, at(i - 2, j - 2) + 1)
      ;(rows[i] as number[])[j] = distance
    }
  }
  return at(a.length, b.length)
}
