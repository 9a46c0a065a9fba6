import { after, latest, type Micros, type Moment, moment } from '../units/micros.ts'
import type { Book } from './book.ts'
import type { Availability, When } from './calls.ts'
import { swept } from './decide.ts'
import { firstFit, startsIn, type Wish } from './fit.ts'
import type { Now } from './requests.ts'
import { earliestStart } from './window.ts'

/** What a book has to offer of a time: an answer that leaves nothing behind in it. */
export function available(book: Book, wish: Wish, when: When, now: Now, lead: Micros): Availability {
  const current = swept(book, now).book
  const asked = rangeOf(when, wish, now, lead)
  const soft = startsIn(current, wish, asked, 'all')
  const hard = startsIn(current, wish, asked, 'firm')
  return { asked, soft, hard, next: firstFit(current, wish, latest(asked.from, asked.to), 'firm') }
}

/** In this endpoint's own clock, and no earlier than it can grant. */
function rangeOf(when: When, { margins }: Wish, { utc }: Now, lead: Micros): { from: Moment; to: Moment } {
  const [from, to] = 'from' in when ? [when.from, when.to] : [after(utc, when.after), after(utc, when.within)]
  return { from: latest(from, earliestStart(utc, lead, margins)), to: moment(to + 1) }
}
