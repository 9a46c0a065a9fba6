/** One word of a line, with the offset of its first character. */
export interface Word {
  readonly text: string
  readonly offset: number
}

export interface Words {
  readonly words: readonly Word[]
  /** Where a `#` inside a word ended the line. */
  readonly cutAt?: number
  readonly problem?: { readonly message: string; readonly offset: number }
}

/**
 * Splits a line as a POSIX shell does (POSIX.1-2017, 2.2 Quoting), without expansions. With `comments` a `#` outside
 * quotes ends the line even inside a word, as Python's shlex has it.
 */
export function splitWords(line: string, { comments = false } = {}): Words {
  const words: Word[] = []
  let at = 0
  for (;;) {
    while (blank(line[at])) at++
    if (at >= line.length || (comments && line[at] === '#')) return { words }
    const word = readWord(line, at, comments)
    if ('problem' in word) return { words, problem: word.problem }
    words.push({ text: word.text, offset: at })
    if (word.cut) return { words, cutAt: word.end }
    at = word.end
  }
}

const blank = (char: string | undefined) => char === ' ' || char === '\t' || char === '\r' || char === '\n'

type Part =
  | { readonly text: string; readonly end: number; readonly cut?: boolean }
  | { readonly problem: { readonly message: string; readonly offset: number } }

function readWord(line: string, start: number, comments: boolean): Part {
  let text = ''
  let at = start
  while (at < line.length && !blank(line[at])) {
    if (comments && line[at] === '#') return { text, end: at, cut: true }
    const part = readPart(line, at)
    if ('problem' in part) return part
    text += part.text
    at = part.end
  }
  return { text, end: at }
}

function readPart(line: string, at: number): Part {
  const char = line[at] ?? ''
  if (char === "'" || char === '"') return readQuoted(line, at)
  if (char !== '\\') return { text: char, end: at + 1 }
  const escaped = line[at + 1]
  return escaped === undefined ? problem('nothing follows this backslash', at) : { text: escaped, end: at + 2 }
}

function readQuoted(line: string, start: number): Part {
  const quote = line[start]
  let text = ''
  for (let at = start + 1; at < line.length; at++) {
    if (line[at] === quote) return { text, end: at + 1 }
    // Inside double quotes a backslash escapes only a quote and itself.
    if (quote === '"' && line[at] === '\\' && (line[at + 1] === '"' || line[at + 1] === '\\')) at++
    text += line[at]
  }
  return problem('this quote is never closed', start)
}

const problem = (message: string, offset: number): Part => ({ problem: { message, offset } })
