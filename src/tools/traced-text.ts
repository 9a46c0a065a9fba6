import type { Place } from '../errors/error.ts'

/** Text cut out of a file, each of whose characters still knows where it stood there. */
export interface Traced {
  readonly text: string
  /** Offset in the file of each UTF-16 unit, and of the end. */
  readonly offsets: readonly number[]
}

/** The whole of a file. */
export const traced = (text: string): Traced => ({
  text,
  offsets: Array.from({ length: text.length + 1 }, (_, offset) => offset),
})

export const slice = ({ text, offsets }: Traced, start: number, end = text.length): Traced => ({
  text: text.slice(start, end),
  offsets: offsets.slice(start, end + 1),
})

export function trim(whole: Traced): Traced {
  const start = whole.text.length - whole.text.trimStart().length
  return slice(whole, start, Math.max(start, whole.text.trimEnd().length))
}

/** Pieces between separators, the separators themselves left out. */
export function split(whole: Traced, separator: string): Traced[] {
  let at = 0
  return whole.text.split(separator).map(({ length }) => {
    const piece = slice(whole, at, at + length)
    at += length + separator.length
    return piece
  })
}

/** Turns offsets in a file into places; lines and columns count from 1. */
export function placesIn(file: string, text: string): (where: Traced) => Place {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)]
  return ({ offsets: [offset = 0] }) => {
    const line = starts.findLastIndex(start => start <= offset)
    return { file, line: line + 1, column: offset - (starts[line] ?? 0) + 1 }
  }
}
