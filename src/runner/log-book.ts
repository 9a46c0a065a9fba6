import { StringDecoder } from 'node:string_decoder'
import { orAborted } from '../transport/deadline.ts'

/** Lines that are kept for error messages and for waiters, per process. */
const kept = 200

/** What the processes of one host say: bytes go on to the run folder, whole lines to whoever listens or waits. */
export interface LogBook {
  add(process: string, chunk: Buffer): void
  /** A process starts, perhaps again: what was said under its name before counts no longer. */
  begin(process: string): void
  /** Returns the function that stops listening. */
  onLine(listener: (process: string, line: string) => void): () => void
  /** Settles when a line matches, also one that was there before. */
  untilLogged(process: string, pattern: RegExp, signal: AbortSignal): Promise<void>
  lastLines(process: string, count: number): readonly string[]
}

interface Pages {
  readonly decoder: StringDecoder
  /** The line that is not ended yet. */
  rest: string
  readonly lines: string[]
}

export function logBook(keep: (process: string, chunk: Buffer) => void): LogBook {
  const pages = new Map<string, Pages>()
  const listeners = new Set<(process: string, line: string) => void>()

  const pagesOf = (process: string): Pages => {
    const known = pages.get(process)
    if (known !== undefined) return known
    const fresh: Pages = { decoder: new StringDecoder('utf8'), rest: '', lines: [] }
    pages.set(process, fresh)
    return fresh
  }

  const addLine = (process: string, { lines }: Pages, line: string) => {
    lines.push(line)
    if (lines.length > kept) lines.shift()
    for (const listener of [...listeners]) listener(process, line)
  }

  return {
    begin: process => {
      pages.delete(process)
    },
    add: (process, chunk) => {
      keep(process, chunk)
      const page = pagesOf(process)
      const parts = (page.rest + page.decoder.write(chunk)).split('\n')
      page.rest = parts.pop() ?? ''
      for (const line of parts) addLine(process, page, line)
    },
    onLine: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    untilLogged: async (process, pattern, signal) => {
      if (pagesOf(process).lines.some(line => pattern.test(line))) return
      let listener: ((process: string, line: string) => void) | undefined
      const seen = new Promise<void>(resolve => {
        listener = (from, line) => {
          if (from === process && pattern.test(line)) resolve()
        }
        listeners.add(listener)
      })
      try {
        await orAborted(seen, signal)
      } finally {
        if (listener !== undefined) listeners.delete(listener)
      }
    },
    lastLines: (process, count) => {
      const { lines, rest } = pagesOf(process)
      return [...lines, rest].filter(line => line.trim() !== '').slice(-count)
    },
  }
}
