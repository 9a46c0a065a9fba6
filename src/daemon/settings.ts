import { hostname } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { LockstepError } from '../errors/error.ts'
import { parseDuration } from '../units/duration.ts'
import { type Micros, micros } from '../units/micros.ts'
import { parseSize } from '../units/size.ts'
import type { Steering } from './steer.ts'

export interface Settings {
  readonly socket: string
  /** The broker's group, which may use the socket. */
  readonly group: string | undefined
  /** Book, results and work folders. */
  readonly state: string
  readonly limits: string
  readonly endpoint: string
  /** The account of tests. */
  readonly user: string | undefined
  readonly clockError: Micros | undefined
  readonly resultTtlMs: number
  readonly resultOctets: number
  readonly fileOctets: number
  readonly freeOctets: number
  readonly graceMs: number
  /** A program that is told of each test that ran. */
  readonly hook: string | undefined
  /** How long the results of the other members of a group are waited for. */
  readonly tradeMs: number
  /** TCP, where the other members of a group reach us. */
  readonly peerPort: number
  /** It ends when nobody has been connected, and nothing reserved, for so long; undefined: it stays. */
  readonly whileUsedMs: number | undefined
}

export type Command =
  | { readonly do: 'serve' | 'check' | 'unit'; readonly settings: Settings; readonly argv: readonly string[] }
  | { readonly do: 'setup'; readonly settings: Settings; readonly argv: readonly string[]; readonly account: string }
  | { readonly do: 'undo'; readonly settings: Settings }
  | { readonly do: 'explain'; readonly limits: string; readonly spec: string; readonly as: string | undefined }
  | { readonly do: 'test-limits'; readonly limits: string; readonly spec: string | undefined }
  | { readonly do: 'steer'; readonly what: Steering; readonly socket: string; readonly until: number | undefined }
  | { readonly do: 'help' }

const usualLimits = '/etc/lockstep/limits.yml'

export const usage = `Usage: lockstepd [OPTIONS]            keep the reservation book of this host
       lockstepd --check [OPTIONS]    say whether it could, and change nothing
       lockstepd unit [OPTIONS]       print a systemd unit that runs it with these options
       lockstepd setup [OPTIONS]      make accounts, rules of sshd, a limits file and that unit; changes nothing that is there
       lockstepd setup --undo         take away what it has made
       lockstepd limits explain --spec FILE [--as NAME]   what the limits say to what FILE asks for, and by which line
       lockstepd limits test          whether the examples beside the limits file (limits.examples.yml) come out as they say
       lockstepd list                 the reservations in the book of the one that runs
       lockstepd pause [--until TIME] take no new reservations, also after a restart; those that there are stay
       lockstepd drain [--until TIME] the same, and say so: before it is stopped
       lockstepd resume               take reservations again

  --socket PATH          where brokers connect (/run/lockstepd/book.sock); the rights of its folder are the trust boundary
  --group NAME           the group of the brokers' account: it may use the socket
  --state FOLDER         book and results (/var/lib/lockstepd)
  --limits FILE          who may reserve what (/etc/lockstep/limits.yml); without the file nobody may
  --endpoint NAME        the name of this endpoint (its host name)
  --user NAME            the account of test processes (lockstep-test); needed where lockstepd runs as root
  --clock-error TIME     how wrong the clock may be, where chronyd does not say it; such tests need the limit 'unsynced'
  --keep TIME            how long results are kept (168h)
  --keep-size SIZE       of all results together (1G); the oldest go first
  --file-size SIZE       of one file that a test writes (64M)
  --free-size SIZE       that has to stay free on the disk (64M)
  --spec FILE            of limits: what is asked for; --as NAME by whom
  --account NAME         of setup: the login that sshd gives the broker to (lockstep)
  --until TIME           when a pause ends by itself: a length from now, such as 2h, or a time of ISO 8601
  --hook PROGRAM         started for each test that ran, with the reservation and its manifest as JSON on stdin; 30 s
  --trade TIME           how long the results of the other hosts of a test are waited for (30s)
  --peer-port PORT       where the lockstepd of other hosts reach this one, while they test with it (6001)
  --grace TIME           how long the owner of a lost connection may come back (10s)
  --while-used TIME      end when nobody has been connected and nothing reserved for so long, and take the state folder away;
                         of these there is one per network namespace: lockstep starts it where this machine is an end
`

const options = {
  socket: { type: 'string' },
  group: { type: 'string' },
  state: { type: 'string' },
  limits: { type: 'string' },
  endpoint: { type: 'string' },
  user: { type: 'string' },
  'clock-error': { type: 'string' },
  keep: { type: 'string' },
  'keep-size': { type: 'string' },
  'file-size': { type: 'string' },
  'free-size': { type: 'string' },
  grace: { type: 'string' },
  'peer-port': { type: 'string' },
  trade: { type: 'string' },
  'while-used': { type: 'string' },
  hook: { type: 'string' },
  until: { type: 'string' },
  account: { type: 'string' },
  spec: { type: 'string' },
  as: { type: 'string' },
  undo: { type: 'boolean' },
  check: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

export function readCommand(argv: readonly string[]): Command {
  const { values, positionals, tokens } = parsed(argv)
  if (values.help === true) return { do: 'help' }
  const [word, ...more] = positionals
  if (word === 'limits') return limitsCommand(more, values)
  if (more.length > 0 || (word !== undefined && word !== 'unit' && word !== 'setup' && !isSteering(word)))
    throw new LockstepError('USAGE_VALUE', `lockstepd has no command '${positionals.join(' ')}'`, {
      hint: 'lockstepd --help',
    })
  const socket = values.socket ?? '/run/lockstepd/book.sock'
  if (word !== undefined && isSteering(word)) return { do: 'steer', what: word, socket, until: untilIn(values.until) }
  const time = (name: 'clock-error' | 'keep' | 'grace' | 'trade' | 'while-used', otherwise: string) =>
    timeIn(name, values[name] ?? otherwise)
  const size = (name: 'keep-size' | 'file-size' | 'free-size', otherwise: string) =>
    sizeIn(name, values[name] ?? otherwise)
  const settings: Settings = {
    socket,
    ...{ group: values.group, state: values.state ?? '/var/lib/lockstepd' },
    limits: values.limits ?? usualLimits,
    endpoint: values.endpoint ?? hostname(),
    user: values.user ?? (process.getuid?.() === 0 ? 'lockstep-test' : undefined),
    clockError: values['clock-error'] === undefined ? undefined : micros(time('clock-error', '') * 1_000),
    ...{ resultTtlMs: time('keep', '168h'), graceMs: time('grace', '10s'), tradeMs: time('trade', '30s') },
    whileUsedMs: values['while-used'] === undefined ? undefined : time('while-used', ''),
    hook: hookIn(values.hook),
    peerPort: portIn(values['peer-port'] ?? '6001'),
    ...{
      resultOctets: size('keep-size', '1G'),
      fileOctets: size('file-size', '64M'),
      freeOctets: size('free-size', '64M'),
    },
  }
  const account = values.account ?? 'lockstep'
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(account)) throw unread('account', 'a name that useradd takes', account)
  if (word === 'setup' && values.undo === true) return { do: 'undo', settings }
  const words = ownWords(tokens)
  const what = values.check === true ? 'check' : 'serve'
  const rest = argv.filter((_, i) => !words.includes(i))
  if (word === 'setup') return { do: 'setup', settings, argv: rest, account }
  return { do: word === 'unit' ? 'unit' : what, settings, argv: rest }
}

function limitsCommand(
  words: readonly string[],
  { limits = usualLimits, spec, as }: ReturnType<typeof parsed>['values'],
): Command {
  const [what, ...more] = words
  if (more.length > 0 || (what !== 'explain' && what !== 'test'))
    throw new LockstepError(
      'USAGE_VALUE',
      'limits are explained or tested: lockstepd limits explain, lockstepd limits test',
    )
  if (what === 'test') return { do: 'test-limits', limits, spec }
  if (spec === undefined) throw new LockstepError('USAGE_VALUE', 'lockstepd limits explain needs --spec FILE')
  return { do: 'explain', limits, spec, as }
}

/** Words that are about the command, not about lockstepd. */
function ownWords(tokens: ReturnType<typeof parsed>['tokens']): readonly number[] {
  return tokens.flatMap(token => {
    if (token.kind === 'positional') return [token.index]
    if (token.kind !== 'option' || token.name !== 'account') return []
    return token.inlineValue === true ? [token.index] : [token.index, token.index + 1]
  })
}

export const placesOf = ({ state }: Settings) => ({
  pause: join(state, 'paused.json'),
  ...{ book: join(state, 'book'), results: join(state, 'results'), work: join(state, 'work') },
  copies: join(state, 'copies'),
})

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, tokens: true })
  } catch (cause) {
    throw new LockstepError('USAGE_VALUE', (cause as Error).message, { hint: 'lockstepd --help', cause })
  }
}

const isSteering = (word: string): word is Steering => ['pause', 'drain', 'resume', 'list'].includes(word)

/** us since 1970 UTC. */
function untilIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const length = parseDuration(text)
  const at = length === undefined ? Date.parse(text) : Date.now() + Number(length) / 1e6
  if (Number.isFinite(at) && at > Date.now()) return Math.round(at * 1_000)
  throw unread('until', 'a length from now, such as 2h, or a later time of ISO 8601', text)
}

/** In ms. */
function timeIn(name: string, text: string): number {
  const length = parseDuration(text)
  if (length === undefined || length < 0n) throw unread(name, 'a time, such as 10s', text)
  return Number(length) / 1e6
}

/** By a path of its own: nothing is looked up. */
function hookIn(path: string | undefined): string | undefined {
  if (path === undefined || path.startsWith('/')) return path
  throw unread('hook', 'an absolute path', path)
}

function portIn(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  throw unread('peer-port', 'a port from 1 to 65535', text)
}

function sizeIn(name: string, text: string): number {
  const size = parseSize(text)
  if (size === undefined) throw unread(name, 'a size, such as 64M', text)
  return Number(size)
}

const unread = (name: string, what: string, text: string) =>
  new LockstepError('USAGE_VALUE', `--${name} takes ${what}, got '${text}'`)
