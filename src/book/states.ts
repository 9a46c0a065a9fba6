import { LockstepError } from '../errors/error.ts'

/**
 * The life of one reservation on one endpoint, as a table: what is not written here is forbidden.
 *
 * `durable` is the duty of the door (the daemon) towards its journal:
 * - `no`: the record need not be synced; a crash may forget it.
 * - `reply`: the record is on disk before anybody is told, or anything else of `effects` is done.
 * - `act`: the same, and above all before a process is spawned.
 *
 * `frees` says what the book itself does with the claims, in the same step; `effects` what is left for the door to do.
 */
const transitions = {
  held: {
    hold: { to: 'held', frees: 'nothing', durable: 'no', effects: [] },
    confirm: { to: 'confirmed', frees: 'nothing', durable: 'reply', effects: ['check_peers'] },
    release: { to: 'released', frees: 'all', durable: 'no', effects: [] },
    lapse: { to: 'expired', frees: 'all', durable: 'no', effects: [] },
  },
  confirmed: {
    go: { to: 'armed', frees: 'nothing', durable: 'reply', effects: [] },
    abort: { to: 'aborted', frees: 'all', durable: 'reply', effects: ['tell_peers', 'end_inside'] },
    cancel: { to: 'cancelled', frees: 'all', durable: 'reply', effects: ['tell_peers', 'end_inside'] },
    down: { to: 'missed', frees: 'all', durable: 'reply', effects: ['tell_peers', 'end_inside'] },
  },
  armed: {
    start: { to: 'active', frees: 'nothing', durable: 'act', effects: ['spawn'] },
    abort: { to: 'aborted', frees: 'all', durable: 'reply', effects: ['tell_peers', 'end_inside'] },
    cancel: { to: 'cancelled', frees: 'all', durable: 'reply', effects: ['tell_peers', 'end_inside'] },
    late: { to: 'missed', frees: 'all', durable: 'reply', effects: ['tell_peers', 'end_inside'] },
    down: { to: 'missed', frees: 'all', durable: 'reply', effects: ['tell_peers', 'end_inside'] },
  },
  active: {
    exit: { to: 'trading', frees: 'rest', durable: 'reply', effects: ['trade'] },
    overrun: { to: 'active', frees: 'nothing', durable: 'reply', effects: ['kill'] },
    overstay: { to: 'active', frees: 'nothing', durable: 'reply', effects: ['kill'] },
    cancel: { to: 'active', frees: 'nothing', durable: 'reply', effects: ['kill', 'tell_peers', 'end_inside'] },
    gone: { to: 'cancelled', frees: 'rest', durable: 'reply', effects: ['keep'] },
    end: { to: 'done', frees: 'rest', durable: 'reply', effects: ['end_inside'] },
    fail: { to: 'failed', frees: 'rest', durable: 'reply', effects: ['tell_peers', 'end_inside', 'keep'] },
  },
  trading: {
    traded: { to: 'done', frees: 'rest', durable: 'reply', effects: ['hooks', 'keep'] },
    fail: { to: 'failed', frees: 'rest', durable: 'reply', effects: ['hooks', 'keep'] },
  },
  done: {},
  released: {},
  expired: {},
  cancelled: {},
  aborted: {},
  missed: {},
  failed: {},
} as const satisfies Record<string, Readonly<Record<string, Transition>>>

export type State = keyof typeof transitions
export type Event = { [S in State]: keyof (typeof transitions)[S] }[State]

export interface Transition {
  readonly to: string
  readonly frees: 'nothing' | 'rest' | 'all'
  readonly durable: 'no' | 'reply' | 'act'
  readonly effects: readonly Effect[]
}

/**
 * What the door does after a transition, in this order and never before `durable` is met. `spawn` and `trade` are not for
 * blocks, which have no process; `kill` is TERM, a second later KILL, and the group verified empty before `exit` is reported.
 */
export type Effect = 'check_peers' | 'tell_peers' | 'spawn' | 'kill' | 'end_inside' | 'trade' | 'hooks' | 'keep'

export interface Move extends Transition {
  readonly to: State
}

/** The whole row: where an event leads, and the duties that come with it. Throws BOOK_TRANSITION for one that is forbidden. */
export function move(state: State, event: Event): Move {
  const row = (transitions[state] as Partial<Record<Event, Move>>)[event]
  if (row === undefined) throw new LockstepError('BOOK_TRANSITION', `cannot ${event}: the reservation is ${state}`)
  return row
}

export const next = (state: State, event: Event): State => move(state, event).to

/** Whether the table has a row for it. */
export const mayHappen = (state: State, event: Event): boolean => event in transitions[state]

export const states = Object.keys(transitions) as readonly State[]
export const eventsOf = (state: State) => Object.keys(transitions[state]) as readonly Event[]

/** A state that nothing leads out of. */
export const isFinal = (state: State): boolean => final.has(state)
const final: ReadonlySet<State> = new Set(states.filter(state => eventsOf(state).length === 0))

/** Confirmed or later, and not over: a booking that others can count on, and that gets in their way. */
export const isFirm = (state: State): boolean => state !== 'held' && !isFinal(state)
