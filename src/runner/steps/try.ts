import type { RunFolder } from '../run-folder.ts'
import type { CommandOptions, HostDoor } from './doors.ts'
import type { StepOutput } from './output.ts'

/** One try of a task at a host. */
export interface TryAtHost extends Pick<CommandOptions, 'become'> {
  readonly door: HostDoor
  readonly output: StepOutput
  readonly timeoutMs: number
  /** Aborted when the run must stop, when the host is lost, and when the try has taken too long. */
  readonly signal: AbortSignal
  /** Paths of the controller start there. */
  readonly workFolder: string
  readonly folder: RunFolder
  /** Whether to show how files differ before they are replaced. */
  readonly diff: boolean
}

export const optionsOf = ({ timeoutMs, signal, become }: TryAtHost) => ({ timeoutMs, signal, become })
