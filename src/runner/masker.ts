import type { Play } from '../playbook/play.ts'

/** What stands where a secret stood. */
export const mask = '********'

/** Shorter texts would be found everywhere, and a mask in their place would tell more than it hides. */
const leastLength = 4
/** A line of a longer secret is one of its own from this length: shorter ones (`---`, `true`) say nothing. */
const leastLine = 8

/** Takes secrets out of everything that is kept or shown. Secrets are added as the run learns of them. */
export interface Masker {
  /** False for a text that is too short to be masked. */
  add(secret: string): boolean
  text(text: string): string
  /** Every text in a plain value; keys stay. The value itself when nothing is to be masked. */
  value<T>(value: T): T
  /** For one stream of bytes, whose chunks may cut a secret anywhere. */
  stream(): MaskedStream
}

export interface MaskedStream {
  /** What can be shown by now: an end that may be the beginning of a secret is held back. */
  push(chunk: Uint8Array): Buffer
  /** The rest. */
  end(): Buffer
}

export function masker(): Masker {
  const forms = new Set<string>()
  let search: Search | undefined

  const current = (): Search | undefined => {
    if (search === undefined && forms.size > 0) search = searchFor([...forms])
    return search
  }
  const text = (given: string): string => {
    const found = current()
    if (found === undefined || given === '') return given
    const bytes = latin(Buffer.from(given, 'utf8'))
    const masked = bytes.replace(found.pattern, mask)
    return masked === bytes ? given : Buffer.from(masked, 'latin1').toString('utf8')
  }
  return {
    add: secret => {
      const whole = secret.trim()
      const lines = whole.includes('\n') ? whole.split('\n').map(line => line.trim()) : []
      const long = [...(whole.length < leastLength ? [] : [whole]), ...lines.filter(line => line.length >= leastLine)]
      const before = forms.size
      for (const each of long) for (const form of formsOf(each)) forms.add(form)
      if (forms.size > before) search = undefined
      return whole.length >= leastLength
    },
    text,
    value: value => (forms.size === 0 ? value : (deep(value, text) as typeof value)),
    stream: () => maskedStream(current),
  }
}

/** Knows from the start what logs a run in. */
export function maskerFor({ hosts }: Pick<Play, 'hosts'>): Masker {
  const made = masker()
  for (const { connection } of hosts)
    for (const password of [connection.password, connection.become?.password, connection.becoming?.password])
      if (password !== undefined) made.add(password)
  return made
}

/** Bytes as a text of the same length, so that what is cut inside a character is found as well. */
const latin = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

/** As it is, as JSON and shells write it, as a URL has it, and in base64 wherever it begins in the encoded text. */
function formsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1)
  const plain = [
    secret,
    json,
    json.replaceAll('/', '\\/'),
    secret.replaceAll("'", "'\\''"),
    secret.replaceAll("'", `'"'"'`),
    secret.replaceAll(/[\\"$`]/g, '\\$&'),
    // xtrace of bash, printf %q
    secret.replaceAll(/[^\w@%+=:,./-]/g, '\\$&'),
    encodeURIComponent(secret),
  ].map(form => latin(Buffer.from(form, 'utf8')))
  return [...plain, ...base64Forms(secret)].filter(form => form.length >= leastLength)
}

/** The characters that depend on the secret alone, for each of the three places where it may begin in a group. */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8')
  return [0, 1, 2].flatMap(before => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    const from = Math.ceil((before * 8) / 6)
    const to = Math.floor(((before + bytes.length) * 8) / 6)
    const own = encoded.slice(from, to)
    // Of a short secret too little is its own: what is left would be found by chance.
    return own.length < 2 * leastLength - 2 ? [] : [own, own.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

interface Search {
  /** Longest first, so that a secret that holds another one goes as a whole. */
  readonly pattern: RegExp
  readonly longest: number
  readonly beginnings: ReadonlySet<string>
}

function searchFor(forms: readonly string[]): Search {
  const sorted = forms.toSorted((a, b) => b.length - a.length)
  const pattern = new RegExp(sorted.map(form => form.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g')
  const beginnings = new Set(
    sorted.flatMap(form => Array.from({ length: form.length - 1 }, (_, i) => form.slice(0, i + 1))),
  )
  return { pattern, longest: sorted[0]?.length ?? 0, beginnings }
}

function maskedStream(current: () => Search | undefined): MaskedStream {
  let held = ''
  return {
    push: chunk => {
      const search = current()
      if (search === undefined && held === '') return Buffer.from(chunk)
      const [shown, rest] = search === undefined ? [held + latin(chunk), ''] : cut(held + latin(chunk), search)
      held = rest
      return Buffer.from(shown, 'latin1')
    },
    end: () => {
      const search = current()
      const shown = search === undefined ? held : held.replace(search.pattern, mask)
      held = ''
      return Buffer.from(shown, 'latin1')
    },
  }
}

/** What can be shown, masked, and the end that may be the beginning of a secret. */
function cut(text: string, { pattern, longest, beginnings }: Search): [shown: string, held: string] {
  let shown = ''
  let at = 0
  const heldFrom = (from: number) => {
    for (let start = Math.max(from, text.length - longest + 1); start < text.length; start++)
      if (beginnings.has(text.slice(start))) return start
    return text.length
  }
  for (;;) {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    const hold = heldFrom(at)
    if (found === null || found.index >= hold) return [shown + text.slice(at, hold), text.slice(hold)]
    shown += text.slice(at, found.index) + mask
    at = found.index + found[0].length
  }
}

function deep(value: unknown, text: (text: string) => string): unknown {
  if (typeof value === 'string') return text(value)
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value
  if (Array.isArray(value)) return value.map(each => deep(each, text))
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, deep(each, text)]))
  if (value instanceof Set) return new Set([...value].map(each => deep(each, text)))
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, deep(each, text)]))
}
