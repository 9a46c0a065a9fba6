import type { CommandFile } from './define-command.ts'

interface CommandEntry {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<CommandFile>
}

/** Every command; its file is loaded only when it is called. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'lab',
    summary: 'Make, watch and disturb a virtual lab of hosts with clocks of their own',
    load: async () => (await import('./commands/lab.ts')).lab,
  },
]
