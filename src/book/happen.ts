import { LockstepError } from '../errors/error.ts'
import { type Book, entryOf, put } from './book.ts'
import type { Entry } from './entry.ts'
import { meeting } from './ledger.ts'
import type { Now } from './requests.ts'
import { type Event, type Move, move } from './states.ts'
import { cutAt, type Window } from './window.ts'

/** Something that happened to a reservation: a timer, a peer, a process, or a request that `decide` has granted. */
export interface Happening {
  readonly event: Event
  readonly rid: string
  /** What is known about it since. */
  readonly change?: Partial<Pick<Entry, 'armBy' | 'digest' | 'onDisconnect' | 'details' | 'reason' | 'window'>>
}

export interface Happened extends Pick<Move, 'durable' | 'effects'> {
  readonly entry: Entry
  readonly from: Entry['state']
  readonly book: Book
}

/**
 * The book after an event. Throws BOOK_TRANSITION when the table of states forbids it: that is a mistake of the caller, who
 * looks at the entry first; so does what `obstacleTo` names. `exit` of one that is being cancelled is its end. The door's duties are those of `decide`.
 */
export function happen(book: Book, { event: said, rid, change = {} }: Happening, now: Now): Happened {
  const old = entryOf(book, rid)
  if (old === undefined) throw new LockstepError('BOOK_TRANSITION', `cannot ${said}: there is no reservation ${rid}`)
  const event = said === 'exit' && old.ending === 'cancel' ? 'gone' : said
  const row = move(old.state, event)
  const obstacle = obstacleTo(book, old, event)
  if (obstacle !== undefined) throw new LockstepError('BOOK_TRANSITION', `cannot ${said}: ${obstacle}`)
  const entry: Entry = {
    ...old,
    ...change,
    state: row.to,
    window: windowAfter(change.window ?? old.window, row, now),
    lapsesAt: row.to === 'held' ? old.lapsesAt : undefined,
    ran: old.ran || row.to === 'armed',
    ending: endingAfter(old, event, row),
    overstays: row.to === 'active' && (old.overstays || event === 'overstay'),
  }
  return { entry, from: old.state, book: put(book, entry), durable: row.durable, effects: dutiesOf(entry, row) }
}

/**
 * Why an event that the table allows has to wait: a test in a block runs only while the block does, and a block lasts until
 * the last process in it is gone. Else what the block gives back would be booked while a process still uses it.
 */
export function obstacleTo(book: Book, { rid, block, within }: Entry, event: Event): string | undefined {
  if (event === 'start' && within !== undefined && entryOf(book, within)?.state !== 'active')
    return `its block ${within} is not active`
  if (!block || (event !== 'end' && event !== 'gone' && event !== 'fail')) return undefined
  const running = insideOf(book, rid).find(({ state }) => state === 'active')
  return running && `${running.rid} in it is still active`
}

/** The tests in a block that are not over. */
export function insideOf(book: Book, rid: string): readonly Entry[] {
  const block = entryOf(book, rid)
  return block === undefined ? [] : [...meeting(book.live, block.window)].filter(({ within }) => within === rid)
}

const windowAfter = (window: Window, { frees }: Move, { utc }: Now) => (frees === 'rest' ? cutAt(window, utc) : window)

/** Told to end is told once; the owner's wish counts more than the time. */
function endingAfter({ ending }: Entry, event: Event, { to }: Move): Entry['ending'] {
  if (to === 'active' && event === 'cancel') return 'cancel'
  if (to === 'active' && event === 'overrun') return ending ?? 'overrun'
  return ending
}

/** A block has no process. */
const dutiesOf = ({ block }: Entry, { effects }: Move) =>
  block ? effects.filter(effect => effect !== 'spawn' && effect !== 'kill' && effect !== 'trade') : effects
