import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Configuration } from '../playbook/cells.ts'
import type { Until } from '../playbook/until.ts'
import { precisionOf } from '../stats/stopping.ts'
import { matchesGlob } from '../units/glob.ts'
import type { RunResult } from './result.ts'

/** What the cells of an experiment have come to so far, and whether more of them would tell anything new. */
export interface Enough {
  /** Takes in a valid cell that counts. */
  note(cell: string, folder: string): void
  /** Whether the figure is precise enough for every flow that is meant. */
  isEnough(configuration: Pick<Configuration, 'id'>): boolean
}

/** `base` is the run folder of the experiment. */
export function enoughBy(until: Until | undefined, base: string): Enough {
  if (until === undefined) return { note: () => {}, isEnough: () => false }
  const values = new Map<string, Map<string, number[]>>()
  const name = until.statistic === undefined ? until.figure : `${until.figure}.${until.statistic}`
  const isMeant = ({ name: flow, from, to }: RunResult['flows'][number]) =>
    matchesGlob(flow, until.flows) && [from, to].some(host => matchesGlob(host, until.hosts))
  return {
    note: (cell, folder) => {
      const configuration = cell.slice(0, cell.lastIndexOf('@'))
      const known = values.get(configuration) ?? new Map<string, number[]>()
      values.set(configuration, known)
      for (const flow of flowsIn(join(base, folder, 'result.json')).filter(isMeant)) {
        const value = flow.figures[name]
        known.set(flow.name, [...(known.get(flow.name) ?? []), ...(value === undefined ? [] : [Number(value)])])
      }
    },
    isEnough: ({ id }) => {
      const flows = [...(values.get(id)?.values() ?? [])]
      return flows.length > 0 && flows.every(results => results.length > 0 && precisionOf(results, until).enough)
    },
  }
}

/** A result that is lost or broken proves nothing: the cell does not count towards enough. */
function flowsIn(file: string): RunResult['flows'] {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as RunResult).flows
  } catch {
    return []
  }
}
