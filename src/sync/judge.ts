import { formatDuration } from '../units/duration.ts'
import { offsetInWords } from '../units/offset.ts'
import { abs, type Nanoseconds, ns } from '../units/quantity.ts'
import type { SyncReading } from './reading.ts'
import { type Requirement, usualRequirements } from './requirement.ts'

/** What is asked of one host's clocks. Without a limit only its link counts (isochron's omit-sync). */
export interface SyncDemand {
  readonly host: string
  /** Inclusive limit of both offsets, each with its uncertainty. */
  readonly limit: Nanoseconds | undefined
  /** Left out: the usual requirements. Without a limit only that of the link is one. */
  readonly requires?: readonly Requirement[]
}

/** What has to be known of this host's clocks. */
export const requiredOf = ({ limit, requires = usualRequirements }: SyncDemand): readonly Requirement[] =>
  limit === undefined ? requires.filter(each => each === 'link') : requires

/** A reading and why it is not good enough; no reasons: it is. */
export interface JudgedReading {
  readonly reading: SyncReading
  readonly reasons: readonly string[]
}

/** Judges one round: every host by itself, then whether all hosts that have to do so name one grandmaster. */
export function judgeRound(readings: readonly SyncReading[], demands: readonly SyncDemand[]): JudgedReading[] {
  const demandOf = new Map(demands.map(demand => [demand.host, demand]))
  const asked = readings.map(reading => {
    const { limit, ...demand } = demandOf.get(reading.host) ?? { host: reading.host, limit: undefined }
    return { reading, limit, required: new Set(requiredOf({ ...demand, limit })) }
  })
  const joined = asked.filter(({ required }) => required.has('same-grandmaster'))
  const rival = rivalGrandmasters(joined.map(({ reading }) => reading))
  return asked.map(({ reading, limit, required }) => {
    const reasons = required.has('link') ? linkReasons(reading) : []
    if (limit !== undefined) reasons.push(...clockReasons(reading, limit, required))
    if (rival !== undefined && required.has('same-grandmaster') && reading.grandmaster !== undefined)
      reasons.push(`follows grandmaster ${reading.grandmaster}, others ${rival(reading.grandmaster)}`)
    return { reading, reasons }
  })
}

export const isGood = (round: readonly JudgedReading[]): boolean => round.every(({ reasons }) => reasons.length === 0)

function linkReasons({ link }: SyncReading): string[] {
  if (link === 'up') return []
  return [link === undefined ? 'the state of its link is not known' : `its link is ${link}`]
}

function clockReasons(reading: SyncReading, limit: Nanoseconds, required: ReadonlySet<Requirement>): string[] {
  return [
    ...(reading.failures ?? []),
    ...(required.has('ptp') ? ptpReasons(reading, limit) : []),
    ...(required.has('phc2sys') ? systemReasons(reading, limit) : []),
    ...(required.has('frequency') ? frequencyReasons(reading, limit) : []),
    ...(required.has('path-delay') ? pathDelayReasons(reading, limit) : []),
  ]
}

function ptpReasons({ portState, phcOffset }: SyncReading, limit: Nanoseconds): string[] {
  const reasons: string[] = []
  if (portState !== undefined && portState !== 'SLAVE' && portState !== 'MASTER') {
    reasons.push(`its PTP port is ${portState}, not yet SLAVE or MASTER`)
  }
  if (phcOffset !== undefined && abs(phcOffset) > limit)
    reasons.push(`its PHC is ${offsetInWords(phcOffset)} the grandmaster (limit ${formatDuration(limit)})`)
  return reasons
}

function systemReasons({ source, systemOffset, uncertainty = ns(0n) }: SyncReading, limit: Nanoseconds): string[] {
  // At its worst it is off by both.
  if (systemOffset === undefined || abs(systemOffset) + uncertainty <= limit) return []
  const reference = source === 'chrony' || source === 'kernel' ? 'NTP' : 'its PHC'
  const doubt = uncertainty === 0n ? '' : ` ± ${formatDuration(uncertainty)}`
  return [`its system clock is ${offsetInWords(systemOffset)} ${reference}${doubt} (limit ${formatDuration(limit)})`]
}

/** A grandmaster steers after nobody: its ptp4l has neither a frequency nor a path to tell of. */
const followsNobody = ({ portState }: SyncReading) => portState === 'MASTER'

/** 1 ppb is 1 ns in a second, so the limit of an offset is that of a frequency too. */
function frequencyReasons(reading: SyncReading, limit: Nanoseconds): string[] {
  const { frequencyChange } = reading
  if (followsNobody(reading)) return []
  if (frequencyChange === undefined) return ['ptp4l has not told its frequency twice yet']
  if (Math.abs(frequencyChange) <= Number(limit)) return []
  return [`its frequency still moves, by ${Math.abs(frequencyChange)} ppb (limit ${limit} ppb)`]
}

function pathDelayReasons(reading: SyncReading, limit: Nanoseconds): string[] {
  const { pathDelay, pathDelayChange } = reading
  if (followsNobody(reading)) return []
  if (pathDelay === undefined || pathDelayChange === undefined) return ['ptp4l has not told its path delay twice yet']
  if (pathDelay < 0n) return [`its path delay is negative: ${formatDuration(pathDelay)}`]
  if (abs(pathDelayChange) <= limit) return []
  return [`its path delay still moves, by ${formatDuration(abs(pathDelayChange))} (limit ${formatDuration(limit)})`]
}

/** When hosts follow different grandmasters: says, for one of them, which others there are. */
function rivalGrandmasters(readings: readonly SyncReading[]): ((own: string) => string) | undefined {
  const named = new Set(readings.flatMap(({ grandmaster }) => grandmaster ?? []))
  if (named.size < 2) return undefined
  return own => [...named].filter(other => other !== own).join(', ')
}
