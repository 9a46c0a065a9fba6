import { abs } from '../units/quantity.ts'
import type { JudgedReading } from './judge.ts'
import type { SyncReading } from './reading.ts'

const second = 1_000_000_000n

/** What a person should look at when the gate did not open, from the last round; undefined when nothing stands out. */
export function gateHint(round: readonly JudgedReading[]): string | undefined {
  const bad = round.filter(({ reasons }) => reasons.length > 0).map(({ reading }) => reading)
  const grandmasters = new Set(round.flatMap(({ reading }) => reading.grandmaster ?? []))
  if (grandmasters.size > 1)
    return 'the hosts follow different grandmasters: check cabling, domainNumber and that one PTP network joins them all'
  for (const reading of bad) {
    const hint = readingHint(reading)
    if (hint !== undefined) return `${reading.host}: ${hint}`
  }
  return undefined
}

function readingHint(reading: SyncReading): string | undefined {
  if (reading.source === 'chrony') return chronyHint(reading)
  if (reading.failures?.some(failure => failure.includes('ptp4l')))
    return 'isochron cannot ask ptp4l: is it running there, and is unix-domain-socket its socket?'
  if (reading.link === 'down') return 'the test interface has no carrier: check the cable and that the interface is up'
  if (wholeSecondsOff(reading)) {
    return 'its system clock is whole seconds off: the UTC offset (37 s) is counted twice or not at all; check phc2sys -O and the grandmaster’s UTC offset'
  }
  switch (reading.portState) {
    case 'LISTENING':
      return 'its PTP port hears no Announce: check domainNumber, the transport (-2, -4) and that a grandmaster is on this network'
    case 'UNCALIBRATED':
      return 'it hears a grandmaster but does not lock: nobody may answer its path delay requests (P2P -P against E2E -E), or the clock jumps'
    case 'FAULTY':
      return 'its PTP port is FAULTY: see the log of ptp4l in the run folder'
    default:
      return undefined
  }
}

function chronyHint({ failures, systemOffset, uncertainty }: SyncReading): string {
  if (failures !== undefined) return 'see what chronyd has for sources there: chronyc sources'
  if (systemOffset !== undefined && uncertainty !== undefined && uncertainty > abs(systemOffset))
    return 'NTP cannot tell its time better over that path: use a nearer server, a shorter poll interval, or a wider gate'
  return 'chronyd is still steering: see chronyc tracking'
}

/** Off by 30 s or more and within a millisecond of whole seconds: not a servo that is still settling. */
function wholeSecondsOff({ systemOffset }: SyncReading): boolean {
  if (systemOffset === undefined) return false
  const size = abs(systemOffset)
  const rest = size % second
  return size >= 30n * second && (rest < 1_000_000n || rest > second - 1_000_000n)
}
