import { LockstepError } from '../errors/error.ts'

/** One message of a stream of JSON lines: a JSON object. */
export type JsonMessage = Readonly<Record<string, unknown>>

/** Longest line that is taken or written, in octets, its end not counted. */
export const maxLine = 65_536

/** Deeper nesting is nothing that we ever say, and asks readers to recurse. */
const maxDepth = 32

/** As one line, with its end. */
export function encodeMessage(message: JsonMessage, max = maxLine): string {
  // JSON.stringify writes line ends inside of texts as \n; so the only one is ours.
  const line = JSON.stringify(message)
  const size = Buffer.byteLength(line)
  if (size > max) throw tooLong(max, `the message has ${size}`)
  return `${line}\n`
}

/**
 * Joins what a stream delivers to messages. `push` gives the ones that are complete by now, in order; what comes before a
 * fault is given first, at the fault and ever after it throws WIRE_LINE, since nobody knows where the next message begins.
 */
export function jsonLines(max = maxLine) {
  let parts: Buffer[] = []
  let held = 0
  const take = (bytes: Buffer) => {
    held += bytes.length
    if (held > max) throw tooLong(max, 'more came without an end')
    if (bytes.length > 0) parts.push(bytes)
  }
  return {
    *push(chunk: Buffer): Generator<JsonMessage> {
      let start = 0
      for (let end = chunk.indexOf(lineEnd); end >= 0; end = chunk.indexOf(lineEnd, start)) {
        take(chunk.subarray(start, end))
        const line = Buffer.concat(parts)
        parts = []
        held = 0
        start = end + 1
        yield parseLine(line)
      }
      // A copy: a line that takes its time would keep the whole chunk.
      take(Buffer.from(chunk.subarray(start)))
    },
    /** The stream is over: a line without its end was cut off on the way. */
    end(): void {
      if (held > 0)
        throw new LockstepError('WIRE_LINE', `the stream ends in the middle of a line, after ${held} octets`)
    },
  }
}

const lineEnd = 0x0a
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function parseLine(line: Buffer): JsonMessage {
  const message = parsed(line)
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    throw new LockstepError('WIRE_LINE', 'a line is not a JSON object')
  if (isDeeper(message, maxDepth)) throw new LockstepError('WIRE_LINE', `a line nests deeper than ${maxDepth}`)
  return message as JsonMessage
}

function parsed(line: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(line), withoutPrototype)
  } catch (cause) {
    if (cause instanceof LockstepError) throw cause
    throw new LockstepError('WIRE_LINE', 'a line is not JSON in UTF-8', { cause })
  }
}

/** `__proto__` is an ordinary key to JSON, and another thing to whoever copies an object. */
function withoutPrototype(this: unknown, key: string, value: unknown): unknown {
  if (key === '__proto__') throw new LockstepError('WIRE_LINE', "a line has a key '__proto__'")
  return value
}

/** Not by recursion: a line of brackets must not use up the stack. */
function isDeeper(value: object, limit: number): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true
    level = level.flatMap(each => (typeof each === 'object' && each !== null ? Object.values(each) : []))
  }
  return false
}

const tooLong = (max: number, what: string) => new LockstepError('WIRE_LINE', `a line may have ${max} octets, ${what}`)
