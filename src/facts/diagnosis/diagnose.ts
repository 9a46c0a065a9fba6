import { clockRules } from './clock-rules.ts'
import type { Finding, Patient, Severity } from './finding.ts'
import { interfaceRules } from './interface-rules.ts'
import { networkFindings } from './network-rules.ts'
import { systemRules } from './system-rules.ts'

export interface Diagnosis {
  readonly host: string
  /** The worst first. */
  readonly findings: readonly Finding[]
}

const rules = [...interfaceRules, ...clockRules, ...systemRules]
const order: readonly Severity[] = ['error', 'warning', 'note']

/** What is wrong at hosts that are to be tested together, in their order. */
export function diagnose(patients: readonly Patient[]): readonly Diagnosis[] {
  const between = networkFindings(patients)
  return patients.map(patient => {
    const findings = [...rules.flatMap(rule => rule(patient)), ...(between.get(patient.host) ?? [])]
    return { host: patient.host, findings: findings.toSorted((a, b) => rank(a) - rank(b)) }
  })
}

const rank = ({ severity }: Finding) => order.indexOf(severity)
