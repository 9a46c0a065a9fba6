import { bigintOf, type Lines, textOf } from './ndjson.ts'

/** A line of sync.ndjson as a chart needs it. */
export interface SyncPoint {
  readonly host: string
  /** Milliseconds since 1970 of the controller's clock. */
  readonly atMs: number
  readonly phase: 'gate' | 'traffic'
  /** ns; positive: the PHC is ahead of the grandmaster. */
  readonly phcOffset: bigint | undefined
  /** ns; positive: the system clock is ahead of the PHC. */
  readonly systemOffset: bigint | undefined
  readonly ok: boolean
}

/** The readings that have a host and a time, in their order. */
export const syncPoints = ({ values }: Lines): SyncPoint[] =>
  values.flatMap(value => {
    const host = textOf(value['host'])
    const atMs = Date.parse(textOf(value['at']) ?? '')
    if (host === undefined || Number.isNaN(atMs)) return []
    return [
      {
        host,
        atMs,
        phase: value['phase'] === 'traffic' ? 'traffic' : 'gate',
        phcOffset: bigintOf(value['phcOffset']),
        systemOffset: bigintOf(value['systemOffset']),
        ok: value['ok'] === true,
      },
    ]
  })
