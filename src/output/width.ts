import stringWidth from 'string-width'

/** Columns that a text takes on a terminal. */
export const widthOf = (text: string) => stringWidth(text)

/** The longest beginning of a text that takes at most `width` columns. Graphemes stay whole. */
export function prefix(text: string, width: number): string {
  let used = 0
  let end = 0
  for (const { segment, index } of graphemes.segment(text)) {
    used += widthOf(segment)
    if (used > width) break
    end = index + segment.length
  }
  return text.slice(0, end)
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
