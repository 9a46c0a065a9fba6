import { formatDuration } from '../units/duration.ts'
import { offsetInWords } from '../units/offset.ts'
import { abs, type Nanoseconds, ns } from '../units/quantity.ts'
import type { SyncReading } from './reading.ts'

/** What is asked of one host's clocks. Without a limit only its link counts (isochron's omit-sync). */
export interface SyncDemand {
  readonly host: string
  /** Inclusive limit of both offsets, each with its uncertainty. */
  readonly limit: Nanoseconds | undefined
}

/** A reading and why it is not good enough; no reasons: it is. */
export interface JudgedReading {
  readonly reading: SyncReading
  readonly reasons: readonly string[]
}

/** Judges one round: every host by itself, then whether all monitored hosts name one grandmaster. */
export function judgeRound(readings: readonly SyncReading[], demands: readonly SyncDemand[]): JudgedReading[] {
  const limits = new Map(demands.map(({ host, limit }) => [host, limit]))
  const monitored = readings.filter(({ host }) => limits.get(host) !== undefined)
  const rival = rivalGrandmasters(monitored)
  return readings.map(reading => {
    const limit = limits.get(reading.host)
    const reasons = [...linkReasons(reading), ...(limit === undefined ? [] : clockReasons(reading, limit))]
    if (limit !== undefined && rival !== undefined && reading.grandmaster !== undefined) {
      reasons.push(`follows grandmaster ${reading.grandmaster}, others ${rival(reading.grandmaster)}`)
    }
    return { reading, reasons }
  })
}

export const isGood = (round: readonly JudgedReading[]): boolean => round.every(({ reasons }) => reasons.length === 0)

function linkReasons({ link }: SyncReading): string[] {
  if (link === 'up') return []
  return [link === undefined ? 'the state of its link is not known' : `its link is ${link}`]
}

function clockReasons(reading: SyncReading, limit: Nanoseconds): string[] {
  const reasons = [...(reading.failures ?? [])]
  if (reading.portState !== undefined && reading.portState !== 'SLAVE' && reading.portState !== 'MASTER') {
    reasons.push(`its PTP port is ${reading.portState}, not yet SLAVE or MASTER`)
  }
  const { phcOffset, systemOffset, uncertainty = ns(0n) } = reading
  if (phcOffset !== undefined && abs(phcOffset) > limit)
    reasons.push(`its PHC is ${offsetInWords(phcOffset)} the grandmaster (limit ${formatDuration(limit)})`)
  // At its worst it is off by both.
  if (systemOffset !== undefined && abs(systemOffset) + uncertainty > limit) {
    const reference = reading.source === 'chrony' ? 'NTP' : 'its PHC'
    const doubt = uncertainty === 0n ? '' : ` ± ${formatDuration(uncertainty)}`
    reasons.push(
      `its system clock is ${offsetInWords(systemOffset)} ${reference}${doubt} (limit ${formatDuration(limit)})`,
    )
  }
  return reasons
}

/** When hosts follow different grandmasters: says, for one of them, which others there are. */
function rivalGrandmasters(readings: readonly SyncReading[]): ((own: string) => string) | undefined {
  const named = new Set(readings.flatMap(({ grandmaster }) => grandmaster ?? []))
  if (named.size < 2) return undefined
  return own => [...named].filter(other => other !== own).join(', ')
}
