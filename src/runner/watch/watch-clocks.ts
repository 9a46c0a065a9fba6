import { LockstepError } from '../../errors/error.ts'
import { askFacts, readFacts } from '../../facts/host-facts.ts'
import type { PlayHost } from '../../playbook/play.ts'
import type { SyncReading } from '../../sync/reading.ts'
import { orAborted, pause } from '../../transport/deadline.ts'
import { Slots } from '../../transport/slots.ts'
import type { HostConnection, Transport } from '../../transport/transport.ts'
import { anySignal } from '../patience.ts'
import { type Keeper, keepersOf } from './keepers.ts'

/** How one clock stood at one look. */
export interface ClockRow {
  readonly keeper: string
  readonly reading: SyncReading
}

/** What one host said at one look, or why it said nothing. */
export type HostLook =
  | { readonly host: string; readonly rows: readonly ClockRow[] }
  | { readonly host: string; readonly error: LockstepError }

export interface WatchOptions {
  readonly transport: Transport
  /** Hosts that connect at a time. */
  readonly forks: number
  /** From the start of one look to that of the next, and the deadline of each. */
  readonly everyMs: number
  /** Looks, the first included; Infinity: until `signal`. */
  readonly count: number
  /** Ends it, also in the middle of a look: that one is not told. */
  readonly signal: AbortSignal
  readonly told: (looks: readonly HostLook[]) => void | Promise<void>
}

/** A look may take this long, however short the time between looks. */
const leastDeadlineMs = 10_000
/** Who keeps the clocks is asked again after so many looks: programs come and go. */
const looksBetween = 10
/** So long the others wait at a look for a host that has answered so far. */
const graceMs = 2_000

/**
 * Looks at the clocks of hosts over and over, with one connection each that stays. A host that cannot be asked says why, and is
 * tried again at the next look; one that is late holds up nobody but the first look and the last. Gives the last look;
 * undefined when it was ended before the first.
 */
export async function watchClocks(
  hosts: readonly PlayHost[],
  { transport, forks, everyMs, count, signal, told }: WatchOptions,
): Promise<readonly HostLook[] | undefined> {
  const slots = new Slots(forks)
  const watchers = hosts.map(host => new HostWatcher(host, transport, slots))
  let last: readonly HostLook[] | undefined
  try {
    for (let look = 1; look <= count; look++) {
      const startedAt = performance.now()
      const isPatient = look === 1 || look === count
      const said = watchers.map(watcher =>
        (isPatient ? watcher.look : watcher.lookInTime).call(watcher, everyMs, signal),
      )
      last = await orAborted(Promise.all(said), signal)
      await told(last)
      if (look < count) await pause(everyMs - (performance.now() - startedAt), signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await Promise.all(watchers.map(watcher => watcher.close()))
  }
  return last
}

/** One host under watch. */
class HostWatcher {
  readonly #host: PlayHost
  readonly #transport: Transport
  readonly #slots: Slots
  #connection: HostConnection | undefined
  /** Who keeps its clocks, and for how many looks that is taken for granted. */
  #known: { readonly keepers: readonly Keeper[]; looks: number } | undefined
  #asking: Promise<HostLook> | undefined
  /** Why it could not be asked last; undefined when it could. */
  #silent: LockstepError | undefined

  constructor(host: PlayHost, transport: Transport, slots: Slots) {
    this.#host = host
    this.#transport = transport
    this.#slots = slots
  }

  /** The look that is under way, else a new one. */
  look(everyMs: number, signal: AbortSignal): Promise<HostLook> {
    if (this.#asking !== undefined) return this.#asking
    const asking = this.#ask(everyMs, signal).finally(() => {
      this.#asking = undefined
    })
    asking.catch(() => undefined) // nobody may be waiting for it any more
    this.#asking = asking
    return asking
  }

  /** The same, or that it is late: who was late at the look before is not waited for again. */
  async lookInTime(everyMs: number, signal: AbortSignal): Promise<HostLook> {
    const patienceMs = this.#asking === undefined ? graceMs : 0
    const asking = this.look(everyMs, signal)
    const heard = new AbortController()
    const late = pause(patienceMs, anySignal(signal, heard.signal)).then(() => this.#late())
    late.catch(() => undefined) // it answered first
    return await Promise.race([asking, late]).finally(() => heard.abort())
  }

  #late(): HostLook {
    const { name: host } = this.#host
    const error = this.#silent ?? new LockstepError('SSH_TIMEOUT', `${host} did not answer within ${graceMs / 1000} s`)
    return { host, error }
  }

  async #ask(everyMs: number, signal: AbortSignal): Promise<HostLook> {
    const { name: host } = this.#host
    try {
      const connection = await this.#connected(signal)
      const keepers = await this.#keepers(connection, signal)
      const timeoutMs = Math.max(leastDeadlineMs, everyMs)
      const rows = await Promise.all(
        keepers.map(async ({ name: keeper, source, argv, read }): Promise<ClockRow> => {
          const output = (await connection.exec(argv, { timeoutMs, signal })).stdout.toString('utf8')
          return { keeper, reading: { host, source, ...linkIn(output), ...read(output) } }
        }),
      )
      // Who has begun or ended to keep a clock is seen when it is asked anew.
      if (rows.every(({ reading }) => reading.failures !== undefined)) this.#known = undefined
      this.#silent = undefined
      return { host, rows }
    } catch (error) {
      if (!(error instanceof LockstepError) || signal.aborted) throw error
      this.#silent = error
      await this.close()
      return { host, error }
    }
  }

  async close(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    this.#known = undefined
    await connection?.close()
  }

  async #connected(signal: AbortSignal): Promise<HostConnection> {
    if (this.#connection !== undefined && !this.#connection.lost.aborted) return this.#connection
    const { name, connection: how } = this.#host
    const release = await this.#slots.take(signal)
    try {
      this.#connection = await this.#transport.connect({ ...how, name }, { signal })
      return this.#connection
    } finally {
      release()
    }
  }

  async #keepers(connection: HostConnection, signal: AbortSignal): Promise<readonly Keeper[]> {
    if (this.#known === undefined || this.#known.looks === 0) {
      const device = this.#host.interface
      const argv = askFacts(device, ['clockPrograms'])
      const { stdout } = await connection.exec(argv, { timeoutMs: leastDeadlineMs, signal })
      const programs = readFacts(stdout.toString('utf8'))?.clockPrograms ?? []
      this.#known = { keepers: keepersOf(programs, device), looks: looksBetween }
    }
    this.#known.looks -= 1
    return this.#known.keepers
  }
}

/** The carrier stands in a line of its own in front of everything else. */
function linkIn(output: string): Pick<SyncReading, 'link'> {
  const [said] = output.split('\n', 1)
  return said === '1' ? { link: 'up' } : said === '0' ? { link: 'down' } : {}
}
