import { formatDuration } from './duration.ts'
import { abs, type Nanoseconds } from './quantity.ts'

/** An offset in words: `1.234us ahead of`, `40ns behind`, `equal to`; the reference follows. */
export function offsetInWords(offset: Nanoseconds): string {
  if (offset === 0n) return 'equal to'
  return `${formatDuration(abs(offset))} ${offset > 0n ? 'ahead of' : 'behind'}`
}
