import type { Frame } from '../wire/frames.ts'

/** What an answer is matched by. */
export interface Due {
  readonly action: 'get' | 'set' | 'getError'
  readonly id: number
}

const logId = 0

/**
 * Who gets which answer. There are no request numbers: answers come in the order of the requests, but for GET LOG.
 * A receiver may hold that answer while it serves later requests, and may send it once more than it was asked.
 */
export class AnswerQueue<D extends Due> {
  readonly #ordered: D[] = []
  readonly #logs: D[] = []

  add(due: D): void {
    const queue = due.action === 'get' && due.id === logId ? this.#logs : this.#ordered
    queue.push(due)
  }

  /** The request that a frame answers; 'stray' for a LOG that nobody waits for; 'foreign' when the order is broken. */
  take(frame: Frame): D | 'stray' | 'foreign' {
    const [next] = this.#ordered
    if (frame.action !== 'response') return 'foreign'
    if (frame.id === logId && !(next?.id === logId && looksLikeError(frame))) return this.#logs.shift() ?? 'stray'
    if (next?.id !== frame.id) return 'foreign'
    this.#ordered.shift()
    return next
  }

  /** Every request without an answer, taken out. */
  drain(): D[] {
    return [...this.#ordered.splice(0), ...this.#logs.splice(0)]
  }

  get size(): number {
    return this.#ordered.length + this.#logs.length
  }
}

/** An error starts with a code of 0 or below, a log with its version, 4; a refused GET LOG is empty. */
const looksLikeError = ({ payload }: Frame) => payload.length >= 4 && payload.readInt32BE() <= 0
