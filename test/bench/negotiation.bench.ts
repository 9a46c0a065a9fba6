import { decide } from '../../src/book/decide.ts'
import type { Entry } from '../../src/book/entry.ts'
import { startsIn } from '../../src/book/fit.ts'
import { bookOf } from '../../src/book/load.ts'
import { at, confirmOf, emptyBook, granted, holdOf, now, resources } from '../fixtures/booking.ts'
import { type Burst, burst } from '../fixtures/world/rivals.ts'
import { type Extent, inSeconds, inTimes, median, type Row } from './row.ts'

const crowd = { endpoints: 8, clients: 40, fewest: 2, most: 8 }
const small = { endpoints: 6, clients: 10, fewest: 2, most: 5 }
const leastRatio = 1.5
const entries = 100_000

/** The book's negotiation beside the loop of moving tentative reservations, in the same made-up world; and a large book. */
export async function bench({ short, interrupted }: Extent): Promise<readonly Row[]> {
  const rows = [
    ...beside(small, short ? 5 : 40, interrupted),
    ...beside(crowd, short ? 5 : 40, interrupted, leastRatio),
  ]
  return [...rows, ...largeBook()]
}

/** The world throws when two bookings collide, so that a row stands for none. */
function beside(size: Omit<Burst, 'seed'>, seeds: number, interrupted: AbortSignal, least?: number): readonly Row[] {
  const ours = shareOf(size, seeds, 'offers', interrupted)
  const theirs = shareOf(size, seeds, 'moving', interrupted)
  const ratio = ours.share / theirs.share
  const what = `${size.clients} clients, ${size.fewest} to ${size.most} of ${size.endpoints} endpoints each, ${seeds} seeds`
  return [
    { what: `${what}: moving tentative`, measured: inWords(theirs) },
    {
      what: `${what}: offers and exact holds`,
      measured: `${inWords(ours)}, ${inTimes(ratio)} as many`,
      ...(least === undefined
        ? {}
        : { asserted: { text: `at least ${least} times as many, none twice`, met: ratio >= least } }),
    },
  ]
}

function shareOf(
  size: Omit<Burst, 'seed'>,
  seeds: number,
  manner: 'offers' | 'moving',
  interrupted: AbortSignal,
): Share {
  const rounds: number[] = []
  let [booked, clients] = [0, 0]
  for (let seed = 1; seed <= seeds; seed++) {
    interrupted.throwIfAborted()
    const result = burst({ ...size, seed }, manner)
    booked += result.booked
    clients += result.clients
    rounds.push(...result.rounds)
  }
  return { share: booked / clients, rounds: rounds.sort((a, b) => a - b) }
}

interface Share {
  readonly share: number
  readonly rounds: readonly number[]
}

const inWords = ({ share, rounds }: Share) =>
  `${(share * 100).toFixed(0)} % booked, 99 % within ${rounds[Math.floor(rounds.length * 0.99)]} rounds`

function largeBook(): readonly Row[] {
  const held = granted(decide(emptyBook(), holdOf('x'), now(0)))
  const pattern = granted(decide(held.book, confirmOf(held.granted), now(0))).granted
  const crowded = Array.from({ length: entries }, (_, i): Entry => {
    const window = { from: at(59.6 + i * 12), to: at(70.6 + i * 12) }
    return { ...pattern, rid: `r${i}`, gid: `g${i}`, start: at(60 + i * 12), window }
  })
  const book = bookOf(1, resources, crowded)
  const asked = { from: at(1), to: at(entries * 13) }
  return [
    {
      what: `a book of ${entries} entries, made`,
      measured: inSeconds(medianMs(3, () => bookOf(1, resources, crowded))),
      goal: 'about 2 s',
    },
    {
      what: 'when is there room in it?',
      measured: `${medianMs(50, () => startsIn(book, holdOf('new'), asked, 'all')).toFixed(2)} ms`,
      goal: '10 ms',
    },
    { what: 'a decision in it', measured: `${medianMs(50, () => decide(book, holdOf('new'), now(0))).toFixed(2)} ms` },
  ]
}

function medianMs(times: number, body: () => unknown): number {
  return median(
    Array.from({ length: times }, () => {
      const from = performance.now()
      body()
      return performance.now() - from
    }),
  )
}
