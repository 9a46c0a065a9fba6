import type { CommandFile } from './define-command.ts'

interface CommandEntry {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<CommandFile>
}

/** Every command; its file is loaded only when it is called. */
export const commands: readonly CommandEntry[] = []
