import type { Command } from 'commander'
import type { ExitCode } from '../errors/codes.ts'
import type { Io } from './io.ts'

/** A command file declares itself: its options on a commander command, and an action that returns an exit code. */
export interface CommandFile {
  /** Adds arguments, options and, where there are any, sub-commands. `run` wraps every action. */
  configure(command: Command, run: RunAction): void
}

/** Hands a parsed command line to an action and keeps the exit code that it returns. */
export type RunAction = <Args extends unknown[]>(
  action: (io: Io, ...args: Args) => Promise<ExitCode>,
) => (...args: Args) => Promise<void>

export const defineCommand = (file: CommandFile): CommandFile => file

/** Parser of an option that may be given several times. */
export const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]
