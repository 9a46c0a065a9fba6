import { LockstepError } from '../errors/error.ts'
import type { TimeField, timeFields } from './records.ts'

/** What a code of the format prints: a time of the packet, a value of the header, or the sequence number. */
export type Variable =
  | { readonly kind: 'field'; readonly field: TimeField }
  | { readonly kind: 'header'; readonly key: 'advanceTime' | 'baseTime' | 'cycleTime' | 'shiftTime' | 'windowSize' }
  | { readonly kind: 'seqid' }

/** A format taken apart: texts that stay, and codes with what they print. */
export type Piece = string | { readonly code: Code; readonly variable: Variable }

const printers = {
  /** Signed decimal. */
  d: (value: bigint) => String(value),
  /** Unsigned decimal, 64 bits. */
  u: (value: bigint) => String(BigInt.asUintN(64, value)),
  /** Unsigned hexadecimal, 64 bits. */
  x: (value: bigint) => BigInt.asUintN(64, value).toString(16),
  /** Seconds and nanoseconds. A value between -1 s and 0 loses its sign, as in isochron. */
  T: (value: bigint) =>
    `${value / 1_000_000_000n}.${String(value % 1_000_000_000n)
      .replace('-', '')
      .padStart(9, '0')}`,
} as const satisfies Record<string, (value: bigint) => string>
type Code = keyof typeof printers

/** A value as a code prints it. */
export const print = (code: Code, value: bigint): string => printers[code](value)

const header = (key: Extract<Variable, { kind: 'header' }>['key']): Variable => ({ kind: 'header', key })
const field = (name: keyof typeof timeFields): Variable => ({ kind: 'field', field: name })

/** The letters of `--printf-args`, as isochron-report(8) has them. */
const variables: Readonly<Record<string, Variable>> = {
  A: header('advanceTime'),
  B: header('baseTime'),
  C: header('cycleTime'),
  H: header('shiftTime'),
  W: header('windowSize'),
  S: field('scheduled'),
  w: field('wakeup'),
  T: field('txHardware'),
  t: field('txSoftware'),
  s: field('txSched'),
  q: { kind: 'seqid' },
  a: field('arrival'),
  R: field('rxHardware'),
  r: field('rxSoftware'),
}

const escapes: Readonly<Record<string, string>> = {
  '\n': ' ',
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  0: '\0',
  '\\': '\\',
  '"': '"',
  "'": "'",
  '?': '?',
}

/** Takes `--printf-format` and `--printf-args` apart; each code takes the next letter. */
export function parsePacketFormat(format: string, args: string): readonly Piece[] {
  const letters = [...args]
  const pieces: Piece[] = []
  for (const [text, code] of resolveEscapes(format).matchAll(/%(.?)|[^%]+/gsu)) {
    if (code === undefined) pieces.push(text)
    else if (code === '%') pieces.push('%')
    else pieces.push(pieceOf(code, letters))
  }
  if (letters.length > 0) refuse(`the format has no code left for '${letters.join('')}' of its arguments`)
  return pieces
}

function pieceOf(code: string, letters: string[]): Piece {
  if (code === '') refuse('the format ends in a lone %', 'a percent sign is written %%')
  if (!isCode(code)) refuse(`there is no format code %${code}`, 'known are %d, %u, %x, %T and %%')
  const letter = letters.shift()
  if (letter === undefined) refuse(`the format code %${code} has no argument left`)
  const variable = variables[letter]
  if (variable === undefined)
    refuse(`there is no variable '${letter}'`, `known are ${Object.keys(variables).join(', ')}`)
  if (variable.kind === 'seqid' && code !== 'u' && code !== 'x')
    refuse(`the sequence number 'q' cannot be printed with %${code}`, 'use %u or %x')
  return { code, variable }
}

const isCode = (text: string): text is Code => Object.hasOwn(printers, text)

/** Backslash escapes as in C without numbers; the text ends at a NUL, as C's texts do. */
function resolveEscapes(format: string): string {
  const text = format.replaceAll(/\\(.?)/gsu, (_, letter: string) => {
    if (letter === '') refuse('the format ends in a lone backslash', 'a backslash is written \\\\')
    return escapes[letter] ?? refuse(`there is no escape \\${letter}`, 'known are \\n \\t \\r \\a \\b \\f \\v \\0 \\\\')
  })
  const [shown = ''] = text.split('\0')
  return shown
}

function refuse(message: string, hint?: string): never {
  throw new LockstepError('USAGE_VALUE', message, { hint })
}
