import type { Writable } from 'node:stream'

/** Settles when everything written before is handed over, or can no longer be because the reader has gone. */
export function flushed(stream: Writable): Promise<void> {
  if (!stream.writable) return Promise.resolve()
  // The stream's owner hears of its errors by its 'error' event; here only the end of waiting counts.
  return new Promise(resolve => stream.write('', () => resolve()))
}

/** Writes whole lines; a stream that is closed or broken takes no more. */
export function writeLines(stream: Writable, lines: readonly string[]): void {
  if (lines.length > 0 && stream.writable) stream.write(lines.map(line => `${line}\n`).join(''))
}
