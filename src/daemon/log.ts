import { fstatSync } from 'node:fs'
import { LockstepError } from '../errors/error.ts'

/** As syslog(3) numbers them. */
const levels = { error: 3, warning: 4, notice: 5, info: 6, debug: 7 } as const
export type Level = keyof typeof levels

/**
 * All that a line of the log can say. A key that is not here is not written, whoever passes it: keys of groups, nonces and
 * parameters come over the same wires as what is.
 */
const known = [
  ...['rid', 'gid', 'identity', 'class', 'fingerprint', 'address', 'peer', 'op', 'profile', 'kind'],
  ...['state', 'from', 'to', 'code', 'reason', 'limit', 'resource', 'next', 'start', 'window'],
  ...['pid', 'place', 'exit', 'signal', 'killed', 'left', 'startErrorNs', 'offsetNs', 'errorNs'],
  ...['file', 'size', 'count', 'ms', 'epoch', 'version', 'message', 'hint'],
] as const

export type LogFields = Readonly<Partial<Record<(typeof known)[number], unknown>>>

/** One JSON object per line: when, how grave, what happened, and about whom. */
export interface Log {
  /** `event` is a word of ours; what others have said goes into fields. */
  (level: Level, event: string, fields?: LogFields): void
  /** With the code, message and hint of an error; nothing of its cause. */
  failure(event: string, error: unknown, fields?: LogFields): void
}

/** `now` is UTC in ms; `prefixed`: each line begins with its level, as systemd takes it off again. */
export function logTo(
  write: (line: string) => void,
  { now, prefixed }: { readonly now: () => number; readonly prefixed: boolean },
): Log {
  const log = (level: Level, event: string, fields: LogFields = {}) => {
    const line = JSON.stringify({ time: new Date(now()).toISOString(), level, event, ...plain(fields) })
    write(`${prefixed ? `<${levels[level]}>` : ''}${line}\n`)
  }
  const failure: Log['failure'] = (event, error, fields = {}) => {
    const { message } = error instanceof Error ? error : new Error(String(error))
    const ours = error instanceof LockstepError ? { code: error.code, hint: error.hint } : {}
    log('error', event, { ...fields, ...ours, message })
  }
  return Object.assign(log, { failure })
}

/** systemd says which file the journal reads: device and inode of our stderr, when it has connected it. */
export function isJournal(journalStream: string | undefined, fd = 2): boolean {
  if (journalStream === undefined) return false
  const { dev, ino } = fstatSync(fd)
  return journalStream === `${dev}:${ino}`
}

const longestText = 500

function plain(fields: LogFields): Readonly<Record<string, unknown>> {
  const said = known.flatMap(key => {
    const value = scalar(fields[key])
    return value === undefined ? [] : [[key, value] as const]
  })
  const unsaid = Object.keys(fields).filter(key => !known.some(each => each === key))
  return { ...Object.fromEntries(said), ...(unsaid.length === 0 ? {} : { unsaid: unsaid.length }) }
}

/** Whatever is made of parts may hold anything. */
function scalar(value: unknown): string | number | boolean | readonly unknown[] | undefined {
  if (typeof value === 'string') return value.length <= longestText ? value : `${value.slice(0, longestText)}…`
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number' || typeof value === 'boolean') return value
  if (!Array.isArray(value)) return undefined
  return value.every(each => typeof each === 'number') ? value : undefined
}
