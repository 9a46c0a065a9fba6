import { entryOf } from '../book/book.ts'
import { decide, swept } from '../book/decide.ts'
import type { Entry } from '../book/entry.ts'
import { type Happened, happen, obstacleTo } from '../book/happen.ts'
import { overstay } from '../book/overstay.ts'
import { reason } from '../book/reasons.ts'
import { type Decision, deny, isGranted, type Request } from '../book/requests.ts'
import { type Effect, type Event, type Move, mayHappen, type State } from '../book/states.ts'
import { after, seconds } from '../units/micros.ts'
import type { BookStore } from './book-store.ts'
import type { EndpointClock } from './endpoint-clock.ts'
import type { Log } from './log.ts'

/** The way of everything into the book: decided one after the other, written, on disk where the table says so, then done. */
export interface Transitions {
  /** Answered when the answer may be given. */
  ask(request: Request): Promise<Decision>
  /** False: the table, or something in the way, does not allow it now. */
  event(rid: string, event: Event, change?: Change): boolean
  /** The process is alive at the end of its window: whoever had booked what is not free now has to go. */
  overstayed(rid: string): void
  /** Notes something about an entry without a transition; resolves when it is on disk, or cannot be. */
  note(rid: string, details: object): Promise<void>
  sweep(): void
  /** When everything under way has been done. */
  idle(): Promise<void>
}

type Change = NonNullable<Parameters<typeof happen>[1]['change']>

export interface Door {
  readonly store: BookStore
  readonly clock: Pick<EndpointClock, 'now'>
  readonly log: Log
  /** A new state was taken: its timers are due, and whoever watches is told. */
  changed(entry: Entry, from: State | null): void
  act(effect: Effect, entry: Entry): void
}

type Step = Pick<Move, 'durable' | 'effects'> & { readonly entry: Entry }

export function transitions({ store, clock, log, changed, act }: Door): Transitions {
  const settling = new Set<Promise<unknown>>()
  const take = (book: Happened['book'], entry: Entry, from: State | null) => {
    store.take(book, entry, from)
    changed(entry, from)
  }
  /** Effects only when the disk has it; but an end is an end, whatever the disk says. */
  const settle = async ({ entry, durable, effects }: Step): Promise<boolean> => {
    const kept = durable === 'no' || (await onDisk(entry))
    if (!kept && undone(entry, durable)) return false
    for (const effect of effects) act(effect, entry)
    return kept
  }
  const onDisk = async (entry: Entry): Promise<boolean> => {
    try {
      await store.durable()
      return true
    } catch (error) {
      log.failure('journal-failed', error, { rid: entry.rid, state: entry.state })
      return false
    }
  }
  /** What may not go on without a record. */
  const undone = ({ rid, state }: Entry, durable: Move['durable']): boolean => {
    const change = { reason: reason('JOURNAL') }
    if (state === 'confirmed' || state === 'armed') return event(rid, 'abort', change)
    return durable === 'act' && event(rid, 'fail', change)
  }
  const soon = (step: Step): Promise<boolean> => {
    const work = settle(step)
    settling.add(work)
    void work.finally(() => settling.delete(work))
    return work
  }
  const sweep = () => {
    for (const step of swept(store.book, clock.now()).lapsed) take(step.book, step.entry, step.from)
  }
  const event: Transitions['event'] = (rid, name, change) => {
    const entry = entryOf(store.book, rid)
    if (entry === undefined || !mayHappen(entry.state, name)) return false
    if (obstacleTo(store.book, entry, name) !== undefined) return false
    const step = happen(store.book, { event: name, rid, ...(change === undefined ? {} : { change }) }, clock.now())
    take(step.book, step.entry, step.from)
    void soon(step)
    return true
  }
  return {
    ask: async request => {
      sweep()
      if (store.broken && (request.op === 'hold' || request.op === 'confirm')) return deny(reason('JOURNAL'))
      const before = entryOf(store.book, request.rid)
      const decision = decide(store.book, request, clock.now())
      if (!isGranted(decision)) return decision
      const { granted: entry, book, durable, effects } = decision
      if (entry !== before) take(book, entry, before?.state ?? null)
      return (await soon({ entry, durable, effects })) ? decision : deny(reason('JOURNAL'))
    },
    event,
    overstayed: rid => {
      const entry = entryOf(store.book, rid)
      if (entry?.state !== 'active' || entry.block) return
      const now = clock.now()
      const { collisions, ...step } = overstay(store.book, entry, after(now.utc, overstayStep), now)
      take(step.book, step.entry, step.from)
      void soon(step)
      log('warning', 'overstays', { rid })
      for (const { rid: other, state } of collisions)
        event(other, state === 'held' ? 'lapse' : 'abort', {
          reason: reason('RESOURCE', { resource: 'stuck process' }),
        })
    },
    note: async (rid, details) => {
      const entry = entryOf(store.book, rid)
      if (entry === undefined) return
      const noted = { ...entry, details: { ...(entry.details as object), ...details } }
      store.note(noted)
      await onDisk(noted)
    },
    sweep,
    idle: async () => {
      while (settling.size > 0) await Promise.allSettled([...settling])
    },
  }
}

/** How long its claims last at first, and are looked at again. */
const overstayStep = seconds(5)
