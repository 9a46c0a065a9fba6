import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import { mask } from '../runner/masker.ts'
import type { BecomeOptions } from './become-options.ts'
import type { CellOptions } from './cell-options.ts'
import type { LoadOptions } from './load.ts'
import type { StepOptions } from './step-options.ts'

/** What of a command line decides what an experiment is; passwords are asked for again. */
const keptOptions = [
  ...['inventory', 'limit', 'bind', 'extraVars', 'runScripts', 'vaultId', 'vaultPasswordFile', 'onlyCells'],
  ...['only', 'skip', 'tags', 'skipTags', 'from', 'become', 'becomeUser', 'becomePasswordFile'],
] as const

export type KeptOptions = LoadOptions & StepOptions & BecomeOptions & CellOptions

/** The command line of an experiment, for whoever goes on with it: `experiment.json` in its run folder. */
export interface KeptCommand {
  readonly playbook: string
  /** Where paths of the command line begin. */
  readonly cwd: string
  readonly options: Readonly<Record<string, unknown>>
}

/** With what is said now on top. */
export interface ResumedCommand extends Omit<KeptCommand, 'options'> {
  readonly options: KeptOptions
}

export const keptFile = 'experiment.json'

export function commandToKeep(playbook: string, cwd: string, options: KeptOptions): KeptCommand {
  const given = Object.entries(options).filter(([name]) => keptOptions.some(each => each === name))
  return { playbook, cwd: resolve(cwd), options: Object.fromEntries(given) }
}

/** The command line that an experiment began with, under what is said now. */
export function keptCommand(folder: string, now: Partial<KeptOptions>): ResumedCommand {
  const { playbook, cwd, options } = readKept(folder)
  const said = Object.entries(now).filter(([name, value]) => value !== undefined && name !== 'from')
  const all = { from: 'setup', ...options, ...Object.fromEntries(said) }
  const masked = Object.entries(all).filter(([, value]) => JSON.stringify(value).includes(mask))
  for (const [name] of masked)
    throw new LockstepError(
      'USAGE_COMMAND',
      `what was given with ${optionName(name)} holds a secret, which is not kept`,
      {
        hint: `give ${optionName(name)} again`,
      },
    )
  return { playbook, cwd, options: all as KeptOptions }
}

const optionName = (name: string) => `--${name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`

function readKept(folder: string): KeptCommand {
  const file = join(folder, keptFile)
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as KeptCommand
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const why = missing ? `it has no ${keptFile}` : (cause as Error).message
    throw new LockstepError('USAGE_FILE', `${folder} is no experiment that can go on: ${why}`, {
      hint: 'a single test is run again with `lockstep run`',
      cause,
    })
  }
}
