import type { Command } from 'commander'
import { several } from './define-command.ts'

/** Which cells of an experiment are meant. */
export interface CellOptions {
  readonly onlyCells?: readonly string[]
}

export const cellOptions = (command: Command): Command =>
  command.option(
    '--only-cells <cells>',
    'only these cells: numbers of the plan (3, 2-5), or what they are called (parallel=2, parallel=2@1, @1); repeatable',
    several,
  )
