export interface PythonText {
  readonly value: string
  readonly bytes: boolean
  /** Offset behind the closing quote. */
  readonly end: number
}

/**
 * Reads one string or bytes literal (The Python Language Reference 3.11, 2.4.1) that begins at `start`. Undefined when
 * it is none, has a bad escape, or bytes that are no UTF-8. `\N{NAME}` is not read.
 */
export function readPythonText(text: string, start: number): PythonText | undefined {
  const [opening = '', prefix = '', quote = ''] =
    /^([rRuUbB]{0,2})("""|'''|"|')/.exec(text.slice(start, start + 5)) ?? []
  if (opening === '' || !['', 'r', 'u', 'b', 'br', 'rb'].includes(prefix.toLowerCase())) return undefined
  const bodyStart = start + opening.length
  const bodyEnd = closingQuote(text, bodyStart, quote)
  if (bodyEnd === undefined) return undefined
  const body = text.slice(bodyStart, bodyEnd)
  const bytes = /b/i.test(prefix)
  if (bytes && /[^\x00-\x7f]/.test(body)) return undefined
  const value = /r/i.test(prefix) ? body : unescaped(body, bytes)
  const decoded = bytes && value !== undefined ? decode(value) : value
  return decoded === undefined ? undefined : { value: decoded, bytes, end: bodyEnd + quote.length }
}

function closingQuote(text: string, from: number, quote: string): number | undefined {
  for (let at = from; at < text.length; at++) {
    if (text.startsWith(quote, at)) return at
    if (text[at] === '\\') at++
  }
  return undefined
}

const single: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** An escape that Python does not know stays as it is, backslash included. */
function unescaped(body: string, bytes: boolean): string | undefined {
  let bad = false
  const value = body.replaceAll(
    /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/g,
    (whole, octal?: string, hex?: string, short?: string, long?: string, other = '') => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & (bytes ? 0xff : 0x1ff))
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
      const point = short ?? long
      if (point !== undefined) {
        if (bytes) return whole
        if (Number.parseInt(point, 16) <= 0x10ffff) return String.fromCodePoint(Number.parseInt(point, 16))
      }
      bad ||= point !== undefined || other === 'x' || (!bytes && ['u', 'U', 'N'].includes(other))
      return single[other] ?? whole
    },
  )
  return bad ? undefined : value
}

/** Bytes written as characters up to U+00FF, read as UTF-8. */
function decode(bytes: string): string | undefined {
  const codes = Uint8Array.from(bytes, char => char.charCodeAt(0))
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(codes)
  } catch {
    return undefined
  }
}
