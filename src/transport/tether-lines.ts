import { constants } from 'node:os'
import { quoteArgvOnOneLine } from './quote.ts'

/** What the tether says. Numbers `n` are ours: one per program and undo command, in the order of their registration. */
export type TetherEvent =
  | { readonly kind: 'ready'; readonly reader: number; readonly watchdog: number; readonly folder: string }
  /** Another run holds the host; `owner` is empty when the claim does not say whose. */
  | { readonly kind: 'busy'; readonly owner: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'beat'; readonly n: number }
  | { readonly kind: 'started'; readonly n: number; readonly pid: number }
  | { readonly kind: 'failed'; readonly n: number; readonly reason: string }
  /** As the shell's `wait` says it; undefined for a program that is no child of the tether. */
  | { readonly kind: 'exited'; readonly n: number; readonly status: number | undefined }
  /** `left`: processes that even KILL did not end. */
  | { readonly kind: 'stopped'; readonly n: number; readonly left: readonly number[] }
  | { readonly kind: 'kept'; readonly n: number }
  | { readonly kind: 'forgot'; readonly n: number }
  | { readonly kind: 'told'; readonly n: number }
  /** An undo command that did not succeed. */
  | { readonly kind: 'undo'; readonly n: number; readonly status: number; readonly said: string }
  | { readonly kind: 'left'; readonly what: string }
  | { readonly kind: 'ended' }

export interface StartCommand {
  readonly log: string
  readonly cwd: string
  readonly pidFile: string
  readonly pidFileWaitS: number
  /** Path without blanks, or empty. */
  readonly litter: string
  readonly leads: boolean
  readonly argv: readonly string[]
}

/** Numbers have six digits: the tether sorts its undo commands by name. */
export const numeral = (n: number) => String(n).padStart(6, '0')

/** One line each, without the newline. */
export const commandLines = {
  beat: (n: number) => `beat ${n}`,
  start: (n: number, { log, cwd, pidFile, pidFileWaitS, litter, leads, argv }: StartCommand) => {
    const how = [log, cwd, pidFile, String(pidFileWaitS), litter, leads ? 'leads' : '']
    return `start ${numeral(n)} ${quoteArgvOnOneLine([...how, ...argv])}`
  },
  stop: (n: number) => `stop ${numeral(n)}`,
  cut: (n: number) => `cut ${numeral(n)}`,
  undo: (n: number, argv: readonly string[]) => `undo ${numeral(n)} ${quoteArgvOnOneLine(argv)}`,
  forget: (n: number) => `forget ${numeral(n)}`,
  tell: (n: number, file: string, line: string) => `tell ${numeral(n)} ${quoteArgvOnOneLine([file, line])}`,
  end: () => 'end',
}

/** Undefined for a line that is no event: start files of the login shell may print what they like. */
export function parseEvent(line: string): TetherEvent | undefined {
  const match = /^@(\w+) ?(.*)$/.exec(line)
  if (match === null) return undefined
  const [, kind = '', rest = ''] = match
  const [first = '', ...others] = rest.split(' ')
  const n = Number(first)
  const tail = others.join(' ')
  switch (kind) {
    case 'ready':
      return { kind, reader: n, watchdog: Number(others[0]), folder: others.slice(1).join(' ') }
    case 'busy':
      return { kind, owner: rest }
    case 'refused':
      return { kind, reason: rest }
    case 'beat':
    case 'kept':
    case 'forgot':
    case 'told':
      return { kind, n }
    case 'started':
      return { kind, n, pid: Number(tail) }
    case 'failed':
      return { kind, n, reason: tail }
    case 'exited':
      return { kind, n, status: tail === '-' ? undefined : Number(tail) }
    case 'stopped':
      return { kind, n, left: others.map(each => Number.parseInt(each, 10)) }
    case 'undo':
      return { kind, n, status: Number(others[0]), said: others.slice(1).join(' ') }
    case 'left':
      return { kind, what: rest }
    case 'ended':
      return { kind }
    default:
      return undefined
  }
}

/**
 * How a program ended, out of the shell's exit status: above 128 it was ended by a signal (or, by convention, says so
 * itself).
 */
export function outcomeOf(status: number | undefined): { code: number | undefined; signal?: string } {
  if (status === undefined || status <= 128) return { code: status }
  const signal = Object.entries(constants.signals).find(([, number]) => number === status - 128)?.[0]
  return signal === undefined ? { code: status } : { code: undefined, signal }
}

/** The argv of a program with variables of its own: through env(1), as sshd drops what a client sends. */
export const withEnvironment = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  Object.keys(env).length === 0
    ? argv
    : ['env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...argv]

/** A name below the tether's folder: no path leads out of it. */
export const isPlainName = (name: string) => /^[^/\0]+$/.test(name) && name !== '.' && name !== '..'
