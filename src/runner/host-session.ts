import { LockstepError } from '../errors/error.ts'
import { askFacts, changingFacts, type FactName, type HostFacts, readFacts } from '../facts/host-facts.ts'
import type { PlayHost } from '../playbook/play.ts'
import { pullFile } from '../transport/files.ts'
import { type Follower, followLogs } from '../transport/follow.ts'
import { Slots } from '../transport/slots.ts'
import { openTether } from '../transport/tether.ts'
import type { Tether } from '../transport/tether-contract.ts'
import type { Become, ExecResult, HostConnection, Target, Transport } from '../transport/transport.ts'
import { logBook } from './log-book.ts'
import type { ProcessSpec } from './process-spec.ts'
import type { RunFolder } from './run-folder.ts'
import type { CommandOptions, HostDoor } from './steps/doors.ts'

/** One host of a run: its one connection, its tether, what is known of it and what its processes say. */
export interface HostSession extends HostDoor {
  readonly interface: string
  readonly connection: HostConnection
  /** As they were asked last. */
  readonly facts: HostFacts
  /** As the host was found. */
  readonly found: HostFacts
  /** A question of the run's own, with an answer soon; asked without a session of ssh where the host has perl. */
  ask(argv: readonly string[], options: Question): Promise<ExecResult>
  /** Asks for all facts again. */
  askFacts(): Promise<HostFacts>
  hasPerl(): Promise<boolean>
  startProcess(spec: ProcessSpec): Promise<{ pid: number }>
  stopProcess(name: string): Promise<{ code: number | undefined }>
  /** Writes a line into a file of the run's folder there, for those who wait for it. */
  tell(file: string, line: string): Promise<void>
  onExit(name: string, listener: (code: number | undefined) => void): void
  /** Starts to follow the logs of these processes; their words go to the run folder and to whoever waits. */
  follow(processes: readonly string[]): Promise<void>
  /** Fulfilled when everything that is in the followed logs by now was taken in. */
  settleLogs(): Promise<void>
  /** Returns the function that stops listening. */
  onLine(listener: (process: string, line: string) => void): () => void
  untilLogged(process: string, pattern: RegExp, signal: AbortSignal): Promise<void>
  lastLines(process: string, count: number): readonly string[]
  /**
   * Ends everything of ours on the host; says what it stopped, what it could not, and what the host is like now (unknown
   * when it does not say, or was asked for few facts only).
   */
  end(): Promise<EndedSession>
}

export interface Question {
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** See CommandOptions of the tether. */
  readonly question?: readonly string[]
  readonly onOutput?: () => void
}

export interface EndedSession {
  readonly stopped: readonly string[]
  readonly left: readonly string[]
  readonly after: HostFacts | undefined
}

export interface SessionOptions {
  readonly transport: Transport
  readonly run: string
  readonly owner: string
  readonly folder: RunFolder
  readonly signal: AbortSignal
  /** Hosts on which steps become other users. */
  readonly raised?: ReadonlySet<string>
  /** The facts that are worth asking of a host on which only steps are done, once; default all, before and after. */
  readonly facts?: readonly FactName[]
}

/** Connects, claims the host and learns what it is. Nothing on the host is changed but the claim and an empty folder. */
export async function openSession(host: PlayHost, options: SessionOptions): Promise<HostSession> {
  const { transport, run, owner, signal } = options
  const { target, usual } = loginOf(host, options.raised)
  const connection = await transport.connect(target, { signal })
  try {
    const onlySteps = options.facts !== undefined
    const opening = openTether(connection, { run, owner, signal, busy: true })
    const asker = onlySteps ? opening : connection
    const [tether, facts] = await bothOrNeither(opening, factsOf(asker, host, signal, options.facts))
    return session(host, connection, tether, facts, { ...options, usual })
  } catch (error) {
    await connection.close()
    throw error
  }
}

/** How to get in, and as whom steps are done there that do not say it. */
export function loginOf(
  { connection: how, name }: PlayHost,
  raisedHosts?: ReadonlySet<string>,
): { readonly target: Target; readonly usual: false | undefined } {
  // Only root can end what other users run, so where steps become others everything is root's.
  const raised = how.become === undefined && raisedHosts?.has(name) === true
  const become = raised ? { method: 'sudo' as const, ...how.becoming, user: 'root' } : how.become
  return { target: { ...how, name, ...(become === undefined ? {} : { become }) }, usual: raised ? false : undefined }
}

/** Whom a step becomes, as the transport wants it; undefined: the login itself. */
export const becomeAt = (host: PlayHost, become: Exclude<CommandOptions['become'], undefined>): Become | undefined =>
  become === false ? undefined : { method: 'sudo', ...host.connection.becoming, ...become }

/** When the facts cannot be had, the claim must not stay. */
async function bothOrNeither(tether: Promise<Tether>, facts: Promise<HostFacts>): Promise<[Tether, HostFacts]> {
  const [opened, known] = await Promise.allSettled([tether, facts])
  if (opened.status === 'rejected') throw opened.reason
  if (known.status === 'fulfilled') return [opened.value, known.value]
  await opened.value.end()
  throw known.reason
}

const factsOf = async (
  asker: Pick<HostConnection, 'exec'> | Promise<Tether>,
  host: PlayHost,
  signal: AbortSignal,
  names?: readonly FactName[],
): Promise<HostFacts> => {
  const there = await asker
  return await askedFacts(host, names, argv => there.exec(argv, { timeoutMs: 20_000, signal }))
}

/** What a host says it is. */
export async function askedFacts(
  host: PlayHost,
  names: readonly FactName[] | undefined,
  ask: (argv: readonly string[]) => Promise<ExecResult>,
): Promise<HostFacts> {
  const { stdout, stderr } = await ask(askFacts(host.interface, names))
  const facts = readFacts(stdout.toString('utf8'))
  if (facts !== undefined) return facts
  const said = stderr.toString('utf8').trim()
  throw new LockstepError('HOST_FACTS', `${host.name} did not say what it is`, {
    hint: said === '' ? 'a host needs a POSIX shell; does the login run one?' : `it said: ${said}`,
  })
}

function session(
  host: PlayHost,
  connection: HostConnection,
  tether: Tether,
  found: HostFacts,
  { folder, facts: names, signal, usual }: SessionOptions & { readonly usual: false | undefined },
): HostSession {
  const lost = AbortSignal.any([connection.lost, tether.lost])
  const book = logBook((process, chunk) => folder.append(`hosts/${host.name}/${process}.log`, chunk))
  const exits = new Map<string, (code: number | undefined) => void>()
  tether.onExit((id, code) => exits.get(id)?.(code))
  const started = new Set<string>()
  let follower: Follower | undefined
  let facts = found
  const seenAs = (become: CommandOptions['become']): HostConnection =>
    become === undefined ? connection : connection.as(becomeAt(host, become))
  return {
    name: host.name,
    interface: host.interface,
    connection,
    folder: tether.folder,
    found,
    get facts() {
      return facts
    },
    askFacts: async () => {
      facts = await factsOf(connection, host, AbortSignal.any([signal, lost]))
      return facts
    },
    lost,
    shell: host.connection.shell ?? 'sh',
    exec: (argv, { become = usual, ...options }) => tether.exec(argv, given({ ...options, become })),
    ask: (argv, options) => tether.exec(argv, { ...options, lateCode: 'SSH_TIMEOUT' }),
    fetch: (path, to, { become = usual, ...options }) => pullFile(seenAs(become), path, to, options),
    forward: (port, address) => connection.forward(port, address),
    forget: id => tether.forget(id),
    hasPerl: () => tether.hasPerl(),
    startProcess: ({ name, argv, pidFile, litter, leads }) => {
      started.add(name)
      book.begin(name)
      return tether.start({
        id: name,
        argv,
        log: `${name}.log`,
        ...(pidFile === undefined ? {} : { pidFile }),
        ...(litter === undefined ? {} : { litter }),
        ...(leads === undefined ? {} : { leads }),
      })
    },
    stopProcess: name => tether.stop(name),
    tell: (file, line) => tether.tell(file, line),
    onExit: (name, listener) => exits.set(name, listener),
    undo: (id, argv) => tether.undo(id, argv),
    follow: async names => {
      const processOf = new Map(names.map(name => [`${name}.log`, name]))
      follower = await followLogs(connection, tether.folder, [...processOf.keys()], (file, chunk) =>
        book.add(processOf.get(file) ?? file, chunk),
      )
    },
    settleLogs: async () => {
      await follower?.settle({ name: host.name, exec: (argv, options) => tether.exec(argv, given(options)) })
    },
    onLine: book.onLine,
    untilLogged: book.untilLogged,
    lastLines: book.lastLines,
    end: async () => {
      try {
        const ended = await endOf(tether, started, follower)
        // Where only steps were done, nothing is kept that could be compared.
        const look = () => factsOf(connection, host, connection.lost, changingFacts)
        return { ...ended, after: names === undefined ? await look().catch(unheard) : undefined }
      } finally {
        await connection.close()
      }
    },
  }
}

/** For tethers: what is not given is not there. */
const given = <T extends object>(options: T) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>
  }

/** Each stop looks at every process of the host, and beats have to be answered meanwhile. */
const stopsAtOnce = 4

/** The processes first, so that their last words are in the logs; then the logs; the tether removes its folder last. */
async function endOf(tether: Tether, started: ReadonlySet<string>, follower: Follower | undefined) {
  const slots = new Slots(stopsAtOnce)
  const stop = async (id: string) => {
    const release = await slots.take()
    return tether.stop(id).finally(release)
  }
  const stops = await Promise.allSettled([...started].map(stop))
  await follower?.finish().catch(unheard)
  const { stopped, left } = await tether.end()
  const ended = stops.flatMap((stop, i) => (stop.status === 'fulfilled' ? [[...started][i] as string] : []))
  return { stopped: [...new Set([...ended, ...stopped])], left }
}

/** Worth knowing, but no reason to call a host dirty: its last words, and a last look at it. */
function unheard(error: unknown): undefined {
  if (!(error instanceof LockstepError)) throw error
  return undefined
}
