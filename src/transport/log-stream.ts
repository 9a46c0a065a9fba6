/** A piece of one file of the stream. */
export interface LogPiece {
  readonly file: string
  readonly chunk: Buffer
}

/** A read of the other side that is full may end anywhere; a shorter one ends where tail(1) ended a write. */
const fullRead = 4_096

/**
 * Takes the stream of `tail -v -f FILE…` apart. Before it switches to another file tail writes `\n==> NAME <==\n`
 * (without the first newline at the very start), whole and in one write. So a beginning of such a header at the end of
 * a short chunk is content, and only one at the end of a long chunk has to wait for what follows.
 */
export function logSplitter(names: ReadonlyMap<string, string>): {
  take(chunk: Buffer): readonly LogPiece[]
  /** What still waits is content when it is all that the file lacks; it is handed out then, and waits no more. */
  waitsFor(lacks: (file: string) => number): readonly LogPiece[]
  /** What still waits; the stream has ended. */
  rest(): readonly LogPiece[]
} {
  const headers = [...names].map(([name, file]) => ({ file, bytes: Buffer.from(`\n==> ${name} <==\n`) }))
  // The newline that the first header lacks.
  let held: Buffer = Buffer.from('\n')
  let current: string | undefined

  function take(chunk: Buffer): readonly LogPiece[] {
    const bytes = Buffer.concat([held, chunk])
    const pieces: LogPiece[] = []
    let from = 0
    for (let next = nextHeader(bytes, from); next !== undefined; next = nextHeader(bytes, from)) {
      add(pieces, bytes.subarray(from, next.at))
      current = next.file
      from = next.at + next.length
    }
    const waits = chunk.length >= fullRead || current === undefined ? beginning(bytes.subarray(from)) : 0
    held = bytes.subarray(bytes.length - waits)
    add(pieces, bytes.subarray(from, bytes.length - waits))
    return pieces
  }

  function waitsFor(lacks: (file: string) => number): readonly LogPiece[] {
    if (current === undefined || held.length === 0 || lacks(current) !== held.length) return []
    const chunk = held
    held = Buffer.alloc(0)
    return [{ file: current, chunk }]
  }

  function rest(): readonly LogPiece[] {
    const pieces: LogPiece[] = []
    if (current !== undefined) add(pieces, held)
    held = Buffer.alloc(0)
    return pieces
  }

  function add(pieces: LogPiece[], chunk: Buffer): void {
    if (chunk.length > 0 && current !== undefined) pieces.push({ file: current, chunk })
  }

  function nextHeader(bytes: Buffer, from: number): { file: string; at: number; length: number } | undefined {
    for (let at = bytes.indexOf('\n==> ', from); at >= 0; at = bytes.indexOf('\n==> ', at + 1)) {
      const found = headers.find(header => bytes.subarray(at, at + header.bytes.length).equals(header.bytes))
      if (found !== undefined) return { file: found.file, at, length: found.bytes.length }
    }
    return undefined
  }

  /** How many octets at the end could be the beginning of a header. */
  function beginning(bytes: Buffer): number {
    const start = bytes.lastIndexOf('\n', bytes.length - 1)
    // The header's own last newline is the one that completes it, so its only other newline is its first octet.
    if (start < 0) return 0
    const tail = bytes.subarray(start)
    return headers.some(header => header.bytes.subarray(0, tail.length).equals(tail)) ? tail.length : 0
  }

  return { take, waitsFor, rest }
}
