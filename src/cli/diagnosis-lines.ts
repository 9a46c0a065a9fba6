import type { Diagnosis } from '../facts/diagnosis/diagnose.ts'
import { oneLine } from '../report/columns.ts'

/** Host by host what was found: `A  error: …`, below it what was seen and what to do; at the end how many are well. */
export function diagnosisLines(diagnoses: readonly Diagnosis[]): string[] {
  const ill = diagnoses.filter(({ findings }) => findings.length > 0)
  const well = diagnoses.length - ill.length
  const blocks = ill.flatMap(({ host, findings }) => [
    oneLine(host),
    ...findings.flatMap(({ severity, what, evidence, advice }) => [
      `  ${severity}: ${oneLine(what)}`,
      `    seen: ${oneLine(evidence)}`,
      `    do:   ${oneLine(advice)}`,
    ]),
  ])
  if (well === 0) return blocks
  return [...blocks, `nothing wrong with ${ill.length === 0 ? '' : 'the other '}${well} host${well === 1 ? '' : 's'}`]
}
