import type { PtpState } from '../../sync/ptp-state.ts'
import { type ClockProgram, hasFlag, setting } from '../clock-programs.ts'
import { ptp4lsOn } from './clock-rules.ts'
import type { Finding, Patient, Severity } from './finding.ts'

/** A way in which hosts that should speak with each other may differ. */
interface Difference {
  readonly severity: Severity
  readonly rule: string
  readonly what: string
  readonly advice: string
  /** What a host has of it; undefined: not known. */
  readonly of: (program: ClockProgram, state: PtpState | undefined) => string | undefined
}

const differences: readonly Difference[] = [
  {
    ...{ severity: 'error', rule: 'domains-differ', what: 'the hosts are in different PTP domains' },
    advice: 'give all ptp4l one domainNumber',
    of: (program, state) => `domain ${state?.domain ?? setting('domainNumber', program) ?? 0}`,
  },
  {
    ...{ severity: 'error', rule: 'delay-mechanisms-differ', what: 'some measure the path delay E2E, others P2P' },
    advice: 'give all ptp4l and the switches one of -E and -P',
    of: (program, state) => state?.delayMechanism ?? writtenMechanism(program),
  },
  {
    ...{ severity: 'error', rule: 'transports-differ', what: 'the hosts speak PTP over different transports' },
    advice: 'give all ptp4l one of -2, -4 and -6',
    of: transportOf,
  },
  {
    ...{ severity: 'error', rule: 'profiles-differ', what: 'some speak gPTP (IEEE 802.1AS), others do not' },
    advice: 'give all ptp4l one transportSpecific (0x1 is gPTP)',
    of: program => `transportSpecific ${Number(setting('transportSpecific', program) ?? 0)}`,
  },
  {
    ...{ severity: 'error', rule: 'grandmasters-differ', what: 'the hosts follow different grandmasters' },
    advice: 'one PTP network has to join them all: check cabling, domainNumber, and who else announces himself',
    // A port that follows nobody yet names its own clock.
    of: (_, state) =>
      state?.grandmaster !== undefined && (state.portState === 'SLAVE' || state.portState === 'MASTER')
        ? `grandmaster ${state.grandmaster}`
        : undefined,
  },
]

/** What is fine at each host by itself, and wrong between them; said at every host that is not with the most, if there are most. */
export function networkFindings(patients: readonly Patient[]): ReadonlyMap<string, readonly Finding[]> {
  const found = new Map<string, Finding[]>()
  const running = patients.flatMap(patient => {
    const [program] = ptp4lsOn(patient)
    return program === undefined ? [] : [{ host: patient.host, program, state: stateOf(patient) }]
  })
  for (const { of, ...rest } of differences) {
    const said = running.flatMap(({ host, program, state }) => {
      const value = of(program, state)
      return value === undefined ? [] : [{ host, value }]
    })
    const values = [...new Set(said.map(({ value }) => value))]
    const most = mostCommon(said.map(({ value }) => value))
    for (const { host, value } of said) {
      if (values.length < 2 || value === most) continue
      const others = values.filter(other => (most === undefined ? other !== value : other === most))
      const evidence = [`here ${value}`, ...others.map(other => `${hostsWith(said, other)} ${other}`)].join('; ')
      found.set(host, [...(found.get(host) ?? []), { ...rest, evidence }])
    }
  }
  return found
}

const stateOf = ({ ptp }: Patient) => (typeof ptp === 'object' ? ptp : undefined)

/** ptp4l(8): -2, -4, -6 on the command line go before network_transport of the file; default UDPv4. */
function transportOf(program: ClockProgram): string {
  const flags = { 2: 'L2', 4: 'UDPv4', 6: 'UDPv6' } as const
  const flag = (['2', '4', '6'] as const).find(each => hasFlag(program, each))
  return flag === undefined ? (setting('network_transport', program) ?? 'UDPv4') : flags[flag]
}

const writtenMechanism = (program: ClockProgram) =>
  hasFlag(program, 'P') ? 'P2P' : hasFlag(program, 'E') ? 'E2E' : setting('delay_mechanism', program)

/** What occurs more often than any other; undefined when two do so alike. */
function mostCommon(values: readonly string[]): string | undefined {
  const times = (value: string | undefined) => values.filter(each => each === value).length
  const [first, second] = [...new Set(values)].toSorted((a, b) => times(b) - times(a))
  return times(first) > times(second) ? first : undefined
}

const hostsWith = (said: readonly { readonly host: string; readonly value: string }[], value: string) =>
  said
    .filter(each => each.value === value)
    .map(({ host }) => host)
    .join(', ')
