import { type Reason, reasons, retryOf } from '../book/reasons.ts'
import type { Moment } from '../units/micros.ts'
import { answerMessage } from '../wire/book-answers.ts'
import type { JsonMessage } from '../wire/json-lines.ts'

/** The broker's own no, in the same words as one of lockstepd's. */
export const refusalMessage = (id: string | undefined, denied: Reason): JsonMessage => {
  const { code, data } = denied
  const next = typeof data['next'] === 'number' ? (data['next'] as Moment) : undefined
  return answerMessage({ id, ok: false, code, retry: retryOf(denied), detail: reasons[code].meaning, data, next })
}
