import { entriesOf, entryOf } from '../book/book.ts'
import type { Entry } from '../book/entry.ts'
import { insideOf } from '../book/happen.ts'
import { type Reason, reason } from '../book/reasons.ts'
import type { Recovered } from '../book/recover.ts'
import type { Effect, Event, State } from '../book/states.ts'
import { type Timer, timersOf, usualPatience } from '../book/timers.ts'
import { usualGuard } from '../book/window.ts'
import { type Micros, micros, moment } from '../units/micros.ts'
import { type Alarms, alarmsFor } from './alarms.ts'
import type { BookStore } from './book-store.ts'
import { watchClock } from './clock-watch.ts'
import { detailsOf } from './details.ts'
import type { EndpointClock } from './endpoint-clock.ts'
import type { Log } from './log.ts'
import type { Peers } from './peers.ts'
import type { Results } from './results.ts'
import { type Runner, startOf, type TestEnd } from './test-runner.ts'
import { failureOf, startFailure } from './test-verdict.ts'
import { type Transitions, transitions } from './transitions.ts'

export interface World {
  readonly store: BookStore
  readonly clock: Pick<EndpointClock, 'now'>
  readonly log: Log
  readonly peers: Peers
  readonly runner: Runner
  readonly results: Results
  /** Of the other members of groups. */
  readonly copies: Pick<Results, 'evict'>
  /** A test that ran is over, and its results are with everybody. */
  hook(entry: Entry): void
  changed(entry: Entry): void
}

/** The life of every reservation from here on: what its timers, its peers and its process bring. */
export interface Endpoint {
  readonly transitions: Transitions
  /** Takes up what an earlier daemon has left. */
  resume(recovered: Recovered): Promise<void>
  /** Another member of its group has ended it. */
  ended(rid: string, why: Reason): void
  /** No more timers; tests that run go on without us, and the next daemon adopts them. */
  stop(): Promise<void>
}

const makingUs = 500_000

/** How soon a test looks again whether its block has begun. */
const blockLookMs = 20

export function endpoint({ store, clock, log, peers, runner, results, copies, hook, changed }: World): Endpoint {
  let stopped = false
  const ends = new Map<string, { readonly end: TestEnd; readonly sealed: Promise<unknown> }>()
  const door = transitions({
    ...{ store, clock, log },
    changed: (entry, from) => {
      tell(entry, from)
      if (!stopped) alarms.set(entry.rid, timersFor(entry))
      changed(entry)
      if (entry.block && entry.state === 'done') peers.leave(entry)
      const { within } = entry
      // A block that is over waits for the last of the tests in it.
      if (within !== undefined && from === 'active' && entry.state !== 'active') setImmediate(() => closeBlock(within))
    },
    act: (effect, entry) => {
      if (!stopped) effects[effect](entry)
    },
  })
  const tell = ({ rid, gid, identity, kind, state, reason: why }: Entry, from: State | null) =>
    log('info', 'reservation', { rid, gid, identity, kind, from, to: state, reason: why?.code })

  const effects: Readonly<Record<Effect, (entry: Entry) => void>> = {
    check_peers: entry => void checkPeers(entry),
    tell_peers: entry => peers.tell(entry),
    spawn: entry =>
      over(
        entry.rid,
        runner.run(entry, trace => door.note(entry.rid, { trace })),
      ),
    kill: ({ rid }) => runner.stop(rid),
    end_inside: entry => endInside(entry),
    trade: entry => void trade(entry),
    hooks: hook,
    keep: () => {
      for (const each of [results, copies]) each.evict().catch(error => log.failure('results-failed', error))
    },
  }

  const checkPeers = async (entry: Entry) => {
    const verdict = await peers.check(entry).catch((error: Error) => {
      log.failure('peers-failed', error, { rid: entry.rid })
      return { abort: reason('PEER_UNREACHABLE', { why: error.message }) }
    })
    const now = entryOf(store.book, entry.rid)
    if (stopped || now?.state !== 'confirmed') return
    if (verdict !== 'go') door.event(entry.rid, 'abort', { reason: verdict.abort })
    else door.event(entry.rid, 'go', { details: { ...detailsOf(now), armedGap: gap() } })
  }
  const gap = (): Micros => {
    const { utc, mono } = clock.now()
    return micros(utc - mono)
  }

  /** The process is gone: what it left is kept, and the rest of its window is free at once. */
  const over = (rid: string, work: Promise<TestEnd>) => {
    work
      .then(end => {
        const { startErrorNs, exit, signal, killed } = end.facts
        log('info', 'test-ended', { rid, startErrorNs, exit, signal, killed, message: end.fault?.message })
        if (stopped && end.outcome?.why !== 'exit') return
        const before = entryOf(store.book, rid)
        const facts = { ...end.facts, ending: before?.ending ?? null }
        const sealed = results.seal(rid, facts).catch(error => log.failure('results-failed', error, { rid }))
        ends.set(rid, { end, sealed })
        // One that never ran, and that nobody has cancelled, has nothing to trade.
        if (end.outcome === undefined && before?.ending !== 'cancel')
          door.event(rid, 'fail', { reason: startFailure(end.fault) })
        else
          door.event(rid, 'exit', before?.ending === 'cancel' ? { reason: before.reason ?? reason('CANCELLED') } : {})
      })
      .catch(error => log.failure('test-failed', error, { rid }))
  }
  const trade = async (entry: Entry) => {
    await ends.get(entry.rid)?.sealed
    await peers.trade(entry).catch(error => log.failure('trade-failed', error, { rid: entry.rid }))
    await conclude(entry)
  }
  /** Its results are with everybody, or were waited for long enough. */
  const conclude = async (entry: Entry) => {
    const { rid } = entry
    const failure = await failed(entry).catch(error => {
      log.failure('results-failed', error, { rid })
      return reason('RESOURCE', { resource: 'results' })
    })
    ends.delete(rid)
    if (stopped) return
    if (failure === undefined) door.event(rid, 'traded')
    else door.event(rid, 'fail', { reason: failure })
  }
  /** By the manifest: an earlier daemon may have written it. */
  const failed = async (entry: Entry) => {
    const known = ends.get(entry.rid)
    await known?.sealed
    const facts = (await results.manifest(entry.rid))?.facts ?? known?.end.facts
    return facts === undefined ? reason('DAEMON_RESTART') : failureOf(entry, facts, results)
  }

  const endInside = ({ rid, block, window }: Entry) => {
    if (!block) return
    const why = { reason: reason('CANCELLED', { block: rid }) }
    for (const inside of [...insideOf(store.book, rid), ...withinOf(rid, window.to)]) {
      const { state } = entryOf(store.book, inside.rid) ?? inside
      if (state === 'held') door.event(inside.rid, 'lapse')
      else if (state === 'active') door.event(inside.rid, 'cancel', why)
      else if (state !== 'trading') door.event(inside.rid, 'abort', why)
    }
    closeBlock(rid)
  }
  /** Those behind a window that was cut at the early end of their block. */
  const withinOf = (rid: string, to: number) =>
    entriesOf(store.book).filter(each => each.within === rid && each.window.from >= to)
  const closeBlock = (rid: string) => {
    const block = entryOf(store.book, rid)
    if (block?.state !== 'active' || !block.block) return
    if (block.ending === 'cancel') door.event(rid, 'gone')
    else if (clock.now().utc >= block.start + block.duration) door.event(rid, 'end')
  }

  const ring = (rid: string, event: Event) => {
    const entry = entryOf(store.book, rid)
    if (entry === undefined || stopped) return
    if (event === 'lapse') door.sweep()
    else if (event === 'start') start(entry)
    else if (event === 'overstay') door.overstayed(rid)
    else if (event === 'traded') void conclude(entry)
    else if (event === 'end') endInside(entry)
    else if (event === 'abort') door.event(rid, 'abort', { reason: reason('PEER_SILENT') })
    else door.event(rid, event)
  }
  const start = (entry: Entry) => {
    const { rid } = entry
    if (stepFault(entry)) return
    const late = clock.now().utc - startOf(entry)
    if (!entry.block && late > usualPatience.lateness)
      door.event(rid, 'late', { reason: reason('LATE', { lateness: late }) })
    else if (!door.event(rid, 'start')) setTimeout(() => again(rid), blockLookMs)
  }
  const again = (rid: string) => {
    const entry = entryOf(store.book, rid)
    if (!stopped && entry?.state === 'armed') start(entry)
  }

  /** True: the clock was set by more than the margins cover since it was armed. */
  const stepFault = (entry: Entry): boolean => {
    const { armedGap } = detailsOf(entry)
    if (entry.state !== 'armed' || armedGap === undefined) return false
    const step = gap() - armedGap
    if (Math.abs(step) <= entry.margins.clockError + usualGuard) return false
    return door.event(entry.rid, 'abort', { reason: reason('CLOCK_STEP', { step }) })
  }

  const alarms: Alarms = alarmsFor(() => clock.now(), ring)
  const watch = watchClock(gap, step => {
    log('warning', 'clock-set', { offsetNs: step * 1_000 })
    for (const entry of entriesOf(store.book)) stepFault(entry)
    alarms.again()
  })

  return {
    transitions: door,
    resume: async ({ changes, running, trading, dropped }) => {
      log('notice', 'recovered', { epoch: store.book.epoch, count: running.length, left: dropped.length })
      await runner.tidy(new Set(running.map(({ rid }) => rid)))
      for (const { entry, effects: due } of changes) for (const effect of due) effects[effect](entry)
      for (const entry of running) await adopt(entry)
      for (const entry of trading) void trade(entry)
      for (const entry of entriesOf(store.book)) {
        alarms.set(entry.rid, timersFor(entry))
        if (entry.state === 'confirmed') void checkPeers(entry)
        if (entry.block && entry.state === 'active' && entry.ending === 'cancel') endInside(entry)
      }
    },
    ended: (rid, why) => {
      const state = entryOf(store.book, rid)?.state
      if (stopped || state === undefined) return
      door.event(rid, state === 'active' ? 'cancel' : 'abort', { reason: why })
    },
    stop: async () => {
      stopped = true
      alarms.stop()
      watch.stop()
      await door.idle()
    },
  }

  async function adopt(entry: Entry): Promise<void> {
    const found = await runner.adopt(entry)
    if (found === undefined) {
      const why = { ...reason('DAEMON_RESTART') }
      await results.seal(entry.rid, { gid: entry.gid, fault: why.code }).catch(() => undefined)
      door.event(entry.rid, 'fail', { reason: why })
      return
    }
    log('notice', 'adopted', { rid: entry.rid, pid: detailsOf(entry).trace?.pid })
    over(entry.rid, found.ended)
    if (entry.ending !== undefined) runner.stop(entry.rid)
  }
}

/** Those of the book, with the start where this end has to act for it. */
function timersFor(entry: Entry): readonly Timer[] {
  const timers = timersOf(entry)
  return entry.state === 'armed' && !entry.block
    ? timers.map(timer => ({ clock: 'utc', at: dueOf(entry), event: timer.event }))
    : timers
}

/**
 * A process is made before it is let go, which a receiver is a setup before the start. On a busy host that takes its time:
 * interpreters, accounts, groups, and a disk that has to have it in the journal. Whatever ran before has had its last second by then.
 */
const dueOf = ({ start, margins, block }: Entry) => (block ? start : moment(start - margins.setup - makingUs))
