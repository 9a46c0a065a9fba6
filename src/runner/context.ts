import type { SyncReading } from '../sync/reading.ts'
import type { ClockSample } from './clock-sample.ts'
import type { Emit } from './events.ts'

/** What every part of a run works with. */
export interface RunContext {
  readonly emit: Emit
  /** Aborted with a LockstepError when the run must stop: the user, or a host that was lost. */
  readonly signal: AbortSignal
  /** Called with what a synchronised host says the time is, so that events can tell TAI. */
  readonly noteClock: (sample: ClockSample) => void
  /** Keeps a reading in sync.ndjson. */
  readonly keepReading: (reading: KeptReading) => void
}

/** A line of sync.ndjson, before it gets its time. */
export interface KeptReading extends SyncReading {
  readonly phase: 'gate' | 'traffic'
  readonly attempt: number
  readonly ok: boolean
  readonly reasons: readonly string[]
}

/** Something that went wrong while nobody was asking: found by a listener, judged by whoever runs the attempt. */
export type Trouble =
  /** A process of ours ended, or a management connection was closed by the other side. */
  | { readonly kind: 'died'; readonly what: string }
  /** A line of ptp4l or phc2sys looks wrong: ask the host's clocks again at once. */
  | {
      readonly kind: 'suspicion'
      readonly host: string
      readonly reason: string
      /** So many lines of that program were wrong, one after the other. */
      readonly inARow: number
    }

/** Who listens for trouble now. A death stays true until what has died was started again, so a later listener hears it too. */
export interface Troubles {
  report(trouble: Trouble): void
  /** Returns the function that stops listening. */
  listen(listener: (trouble: Trouble) => void): () => void
  /** What has died, in words. */
  deaths(): readonly string[]
  /** What had died runs again, or is given up. */
  forgetDeaths(): void
}

export function troubles(): Troubles {
  const listeners = new Set<(trouble: Trouble) => void>()
  const deaths: (Trouble & { readonly kind: 'died' })[] = []
  return {
    report: trouble => {
      if (trouble.kind === 'died') deaths.push(trouble)
      for (const listener of [...listeners]) listener(trouble)
    },
    listen: listener => {
      listeners.add(listener)
      for (const death of deaths) listener(death)
      return () => listeners.delete(listener)
    },
    deaths: () => deaths.map(({ what }) => what),
    forgetDeaths: () => {
      deaths.length = 0
    },
  }
}
