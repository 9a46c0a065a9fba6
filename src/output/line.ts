import { styleText } from 'node:util'
import { prefix, widthOf } from './width.ts'

export type Style = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold'

/** A piece of a line; colour is added last, so widths are those of plain text. */
export interface Span {
  readonly text: string
  readonly style?: Style | undefined
}
export type Line = readonly Span[]

export const span = (text: string, style?: Style): Span => ({ text, style })
export const plainText = (line: Line) => line.map(({ text }) => text).join('')
export const lineWidth = (line: Line) => line.reduce((sum, { text }) => sum + widthOf(text), 0)

/** The line cut to at most `width` columns, ending in `mark` when something was cut off. */
export function fit(line: Line, width: number, mark: string): Line {
  if (lineWidth(line) <= width) return line
  const kept: Span[] = []
  let room = width - widthOf(mark)
  for (const each of line) {
    const size = widthOf(each.text)
    if (size > room) return [...kept, { ...each, text: prefix(each.text, room) + mark }]
    kept.push(each)
    room -= size
  }
  return kept
}

/** The line as a terminal takes it; without colour the bare text. */
export function paint(line: Line, colour: boolean): string {
  if (!colour) return plainText(line)
  // One style name per call: Node 20 colours arrays of names even where there should be no colour. Whether there is
  // colour was decided on the stream and environment we were given, not on the process's own.
  return line
    .map(({ text, style }) => (style === undefined ? text : styleText(style, text, { validateStream: false })))
    .join('')
}

export type Align = 'left' | 'right'

/** Rows of cells as lines whose columns stand below each other, two blanks apart. */
export function table(rows: readonly (readonly Span[])[], align: readonly Align[] = []): Line[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, widthOf(cell.text))
  return rows.map(row =>
    row.flatMap((cell, i) => {
      const blank = span(' '.repeat((widths[i] ?? 0) - widthOf(cell.text)))
      const gap = i === row.length - 1 ? [] : [span('  ')]
      if (align[i] === 'right') return [blank, cell, ...gap]
      return i === row.length - 1 ? [cell] : [cell, blank, ...gap]
    }),
  )
}
