import { LockstepError } from '../errors/error.ts'
import { parseDuration } from '../units/duration.ts'
import type { Nanoseconds } from '../units/quantity.ts'

const mostPpb = 1_000_000

/** `50us`, `-1.5ms`: how far a clock is stepped. */
export function parseStep(text: string): Nanoseconds {
  const step = parseDuration(text)
  if (step !== undefined) return step
  throw new LockstepError('USAGE_VALUE', `'${text}' is no step of a clock`, { hint: 'for example 50us or -2s' })
}

/** `20ppm`, `-350ppb`: how fast an oscillator runs, in ppb. */
export function parseDrift(text: string): number {
  const match = /^([+-]?\d+(?:\.\d+)?)\s*(ppm|ppb)$/.exec(text.trim())
  const ppb = match === null ? Number.NaN : Math.round(Number(match[1]) * (match[2] === 'ppm' ? 1000 : 1))
  if (Math.abs(ppb) <= mostPpb) return ppb
  throw new LockstepError('USAGE_VALUE', `'${text}' is no drift of a clock`, {
    hint: `for example 20ppm or -350ppb, at most ${mostPpb / 1000}ppm`,
  })
}
