import { systemAhead } from '../../sync/ptp-state.ts'
import { formatDuration } from '../../units/duration.ts'
import { abs, ns } from '../../units/quantity.ts'
import { steersSystem } from '../clock-conflicts.ts'
import { type ClockProgram, describeProgram, interfacesOf } from '../clock-programs.ts'
import { type Finding, type HostRule, type Patient, when } from './finding.ts'

const second = 1_000_000_000n

/** What steers the clocks of a host, and whether it gets anywhere. */
export const clockRules: readonly HostRule[] = [
  ({ facts: { clockPrograms = [] } }) =>
    clockPrograms.flatMap(program =>
      when(
        `${describeProgram(program)}${program.user === undefined ? '' : `, by ${program.user}`}`,
        ['note', 'clock-program'],
        `${program.program} runs`,
        'nothing, when it is meant to',
      ),
    ),
  ({ facts: { clockPrograms = [] } }) => {
    const steering = withoutHelpers(clockPrograms.filter(steersSystem))
    return when(
      steering.length > 1 && named(steering),
      ['error', 'two-steer'],
      'more than one program steers the system clock',
      'stop all but one: where PTP is to keep it, chronyd and systemd-timesyncd go (systemctl disable --now)',
    )
  },
  patient => {
    const rivals = ptp4lsOn(patient)
    return when(
      rivals.length > 1 && named(rivals),
      ['error', 'two-ptp4l'],
      `more than one ptp4l runs on ${patient.interface}`,
      'stop all but one',
    )
  },
  patient => {
    const { clockPrograms = [] } = patient.facts
    return when(
      ptp4lsOn(patient).length > 0 && !clockPrograms.some(steersSystem) && 'no phc2sys, chronyd or the like runs',
      ['warning', 'nobody-steers'],
      'ptp4l keeps the PHC, and nobody the system clock',
      'start phc2sys -a -rr beside ptp4l',
    )
  },
  patient =>
    when(
      patient.ptp === 'silent' && named(ptp4lsOn(patient)),
      ['error', 'ptp4l-silent'],
      'ptp4l does not answer pmc',
      'it may hang, or its socket belong to another user: log in as its user, or become root',
    ),
  portRule,
  patient => {
    const { ptp, systemMinusPhc } = patient
    if (typeof ptp !== 'object' || ptp.utcOffset === undefined || systemMinusPhc === undefined) return []
    const ahead = systemAhead(systemMinusPhc, ptp.utcOffset)
    const size = abs(ahead)
    const rest = size % second
    const isWhole = rest < second / 100n || rest > second - second / 100n
    return when(
      size >= second && isWhole && `CLOCK_TAI minus PHC: ${formatDuration(ns(ahead))}; UTC offset ${ptp.utcOffset} s`,
      ['error', 'whole-seconds-off'],
      'the system clock and the PHC are whole seconds apart: a UTC offset is counted twice or not at all',
      'see phc2sys -O, and whether the grandmaster sends TAI (ptpTimescale, currentUtcOffset)',
    )
  },
  ({ ptp, facts: { kernelClock } }) =>
    when(
      typeof ptp === 'object' &&
        ptp.utcOffset !== undefined &&
        kernelClock !== undefined &&
        kernelClock.taiOffset !== 0 &&
        kernelClock.taiOffset !== ptp.utcOffset &&
        `the kernel has ${kernelClock.taiOffset} s, ptp4l says ${ptp.utcOffset} s`,
      ['error', 'tai-offset'],
      "the kernel's TAI offset is not that of PTP, so CLOCK_TAI is wrong",
      'find out who set it: adjtimex --print, leap second files of chronyd and ntpd',
    ),
  ({ ptp }) =>
    when(
      typeof ptp === 'object' &&
        ptp.utcOffset !== undefined &&
        ptp.utcOffset !== 37 &&
        `currentUtcOffset ${ptp.utcOffset}`,
      ['warning', 'utc-offset'],
      'the grandmaster does not have the UTC offset of today (37 s since 2017)',
      'set utc_offset of the grandmaster, or its leap second file',
    ),
]

/** An NTP daemon may be several processes, one with its rights and one without; a phc2sys is always one. */
const withoutHelpers = (programs: readonly ClockProgram[]): readonly ClockProgram[] => {
  const nameOf = ({ program }: ClockProgram) => program.replace(/:.*$/, '')
  return programs.filter(
    (each, index) =>
      each.program === 'phc2sys' || programs.findIndex(other => nameOf(other) === nameOf(each)) === index,
  )
}

/** The ptp4l whose interface this is. */
export const ptp4lsOn = ({ interface: device, facts: { clockPrograms = [] } }: Patient): readonly ClockProgram[] =>
  clockPrograms.filter(program => program.program === 'ptp4l' && interfacesOf(program).has(device))

const named = (programs: readonly ClockProgram[]) => programs.map(describeProgram).join('; ')

const advice: Readonly<Record<string, string>> = {
  LISTENING:
    'it hears no Announce: check domainNumber, the transport (-2, -4) and that a grandmaster is on this network',
  UNCALIBRATED: 'nobody may answer its path delay requests: P2P (-P) here and E2E (-E) there, or the other way round',
  FAULTY: 'see its log: the link, or the driver, did not do what it was asked for',
  PASSIVE: 'another port of this clock follows already: two paths lead to the grandmaster',
}

function portRule({ ptp }: Patient): Finding[] {
  const state = typeof ptp === 'object' ? ptp.portState : undefined
  return when(
    state !== undefined && state !== 'SLAVE' && state !== 'MASTER' && `portState ${state}`,
    ['error', 'port-state'],
    'PTP does not follow: the port is neither SLAVE nor MASTER',
    advice[state ?? ''] ?? 'look again in a few seconds: it has just begun',
  )
}
