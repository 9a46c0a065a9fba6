import { slice, split, type Traced, trim } from './traced-text.ts'

/** Says what is wrong with a piece of the file. */
export type Say = (where: Traced, message: string, hint?: string) => void

export interface Line {
  /** Without its comment, trimmed, never empty. */
  readonly content: Traced
  /** True for a line that is nothing but a comment to people, yet not to isochron: it holds a quoted text. */
  readonly uncut: boolean
}

/**
 * The lines of an orchestration file as isochron 0.9 makes them: escapes over the whole file first, comments and quotes
 * included, then lines, then comments cut.
 */
export function orchestrationLines(file: Traced, error: Say, warn: Say): Line[] {
  return split(resolveEscapes(file, error), '\n').flatMap(line => {
    if (Buffer.byteLength(line.text) >= longestLine)
      error(line, `expected lines below ${longestLine} octets, got ${Buffer.byteLength(line.text)}`)
    const { content, uncut } = withoutComment(file, line, error, warn)
    const nul = content.text.indexOf('\0')
    if (nul !== -1) error(slice(content, nul), '\\0 ends the line for isochron, without a word')
    return content.text === '' ? [] : [{ content: nul === -1 ? content : trim(slice(content, 0, nul)), uncut }]
  })
}

/** isochron's buffer for a line, its continuations joined. */
const longestLine = 8192

const escapes: Readonly<Record<string, string>> = {
  '\n': ' ', // a continued line
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '0': '\0',
  '\\': '\\',
  '"': '"',
  "'": "'",
  '?': '?',
}

function resolveEscapes(file: Traced, error: Say): Traced {
  const offsets: number[] = []
  let text = ''
  for (const { 0: token, index } of file.text.matchAll(/\\(?:[ \t\r]*\n|[\s\S]|$)|[^\\]/g)) {
    const meant = token.startsWith('\\') ? escapes[token.slice(1)] : token
    if (meant === undefined) error(slice(file, index), badEscape(token), escapeHint)
    const piece = meant ?? (token.endsWith('\n') ? ' ' : token) // past the finding, read on as the author meant it
    text += piece
    for (let i = 0; i < piece.length; i++) offsets.push(index + i)
  }
  return { text, offsets: [...offsets, file.text.length] }
}

function badEscape(token: string): string {
  if (token === '\\') return 'the file ends with a backslash'
  return token.endsWith('\n') ? 'blanks or a CR follow the backslash at the end of the line' : `'${token}' is no escape`
}
const escapeHint = 'isochron leaves every escape and continuation from here on as it stands'

/** Cuts from the first `#` outside quotes. */
function withoutComment(file: Traced, line: Traced, error: Say, warn: Say): Line {
  const start = commentStart(line, error)
  if (start === undefined) return { content: trim(line), uncut: false }
  const [content, comment] = [trim(slice(line, 0, start)), slice(line, start)]
  if (file.text.slice(comment.offsets[0], comment.offsets.at(-1)).includes('\n'))
    error(comment, 'the comment goes on in the continued lines', 'isochron reads nothing of them')
  if (/(["']).*\1/.test(comment.text)) {
    if (content.text === '') return { content: trim(comment), uncut: true }
    error(comment, 'a comment with a quoted text in it is not cut by isochron', 'leave out the quotes')
  } else if (/["']/.test(comment.text)) warn(comment, 'a lone quote in a comment, isochron complains of it')
  return { content, uncut: false }
}

function commentStart(line: Traced, error: Say): number | undefined {
  let opened: number | undefined
  for (const [at, char] of [...line.text.matchAll(/["'#]/g)].map(({ index, 0: found }) => [index, found] as const)) {
    if (opened === undefined && char === '#') return at
    if (opened === undefined) opened = at
    else if (char === line.text[opened]) opened = undefined
  }
  if (opened !== undefined && line.text.includes('#', opened))
    error(slice(line, opened), "a quote that is never closed stands before a '#'", 'isochron may take it for a comment')
  return undefined
}
