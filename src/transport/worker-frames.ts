import { numeral } from './tether-lines.ts'

/** What the worker says of one of its commands, see worker.pl.ts. */
export type WorkerFrame =
  | { readonly kind: 'output'; readonly n: number; readonly stream: 'stdout' | 'stderr'; readonly octets: Buffer }
  | { readonly kind: 'exited'; readonly n: number; readonly code: number; readonly signal: number }
  /** Its outputs have ended. */
  | { readonly kind: 'done'; readonly n: number }

export interface WorkerOptions {
  readonly mark: string
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Reads a channel of the worker chunk by chunk: what comes before the line MARK is not its own. */
export function workerFrames(
  mark: string,
  { ready, hear }: { readonly ready: () => void; readonly hear: (frame: WorkerFrame) => void },
): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  let begun = false
  const first = Buffer.from(`${mark}\n`)

  const begin = () => {
    const at = rest.indexOf(first)
    if (at < 0) return
    rest = rest.subarray(at + first.length)
    begun = true
    ready()
  }

  /** False when there is no whole frame any more. */
  const next = (): boolean => {
    const end = rest.indexOf(10)
    if (end < 0) return false
    const [kind = '', ...numbers] = rest.toString('latin1', 0, end).split(' ')
    const [n = Number.NaN, second = 0, third = 0] = numbers.map(Number)
    let taken = end + 1
    if (kind === 'o' || kind === 'e') {
      taken += second
      if (rest.length < taken) return false
      const octets = rest.subarray(end + 1, taken)
      hear({ kind: 'output', n, stream: kind === 'o' ? 'stdout' : 'stderr', octets })
    } else hear(kind === 'x' ? { kind: 'exited', n, code: second, signal: third } : { kind: 'done', n })
    rest = rest.subarray(taken)
    return true
  }

  return chunk => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    if (!begun) begin()
    while (begun && next());
  }
}

/** A command for the worker, with everything that it reads from its stdin. */
export function workerCommand(
  n: number,
  argv: readonly string[],
  { mark, cwd = '', env = {} }: WorkerOptions,
  input: Buffer,
): Buffer {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const words = Buffer.from([mark, cwd, settings.length, ...settings, ...argv].map(word => `${word}\0`).join(''))
  return Buffer.concat([Buffer.from(`run ${numeral(n)} ${words.length} ${input.length}\n`), words, input])
}

/** A question that the worker answers itself, see worker.pl.ts. */
export function workerQuestion(n: number, words: readonly string[]): Buffer {
  const octets = Buffer.from(words.map(word => `${word}\0`).join(''))
  return Buffer.concat([Buffer.from(`ask ${numeral(n)} ${octets.length} 0\n`), octets])
}

/** Its outputs are wanted no more. */
export const workerDrop = (n: number) => `drop ${n}\n`
