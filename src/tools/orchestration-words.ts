import type { Say } from './orchestration-lines.ts'
import { slice, type Traced } from './traced-text.ts'

/**
 * Splits an exec line as isochron 0.9 does: at blanks; either quote groups, knows no escape inside, and always ends a
 * word: `/a"b c"d` is three. Nothing is expanded. Quotes that isochron silently misreads are errors.
 */
export function orchestrationWords(line: Traced, error: Say): Traced[] {
  const words: Traced[] = []
  for (const { 0: found, index } of line.text.matchAll(/"[^"]*("|$)|'[^']*('|$)|[^\s"']+/g)) {
    const quote = /^["']/.exec(found)?.[0]
    if (quote === undefined) words.push(slice(line, index, index + found.length))
    else words.push(quoted(slice(line, index, index + found.length), quote, error))
  }
  return words
}

function quoted(piece: Traced, quote: string, error: Say): Traced {
  const closed = piece.text.length > 1 && piece.text.endsWith(quote)
  if (!closed) error(piece, 'the quote is never closed', 'isochron would take the rest of the line for one word')
  const word = slice(piece, 1, closed ? piece.text.length - 1 : undefined)
  if (closed && word.text === '')
    error(piece, 'an empty pair of quotes', 'isochron sees no word there: an option before it would take the next word')
  if (/["']/.test(word.text))
    error(piece, 'a quote of the other kind inside quotes', 'isochron would break the word there')
  return word
}
