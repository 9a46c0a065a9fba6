import type { LocalSessions } from '../../transport/local-sessions.ts'
import type { RunContext } from '../context.ts'
import type { StepAtHost } from '../events.ts'
import type { Masker } from '../masker.ts'
import type { RunFolder } from '../run-folder.ts'
import type { HostDoor } from './doors.ts'
import type { RunKnown } from './known.ts'

/** What the steps of a run work with. */
export interface StepGround {
  /** Hosts that were not lost. */
  readonly doors: ReadonlyMap<string, HostDoor>
  readonly known: RunKnown
  /** Asks a host for all its facts, once they are wanted. */
  readonly askFacts: (host: string) => Promise<void>
  readonly masker: Masker
  readonly folder: RunFolder
  readonly emit: RunContext['emit']
  /** Aborted when the steps must stop. */
  readonly signal: AbortSignal
  /** Aborted when the user waits: then a step has no more time than this many milliseconds in all. */
  readonly hurry: { readonly signal: AbortSignal; readonly ms: number }
  /** Hosts at a time. */
  readonly forks: number
  /** Paths of the controller start there: the folder that the user is in. */
  readonly workFolder: string
  /** Commands of the controller begin there. */
  readonly playbookFolder: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Of commands at the controller. */
  readonly sessions: LocalSessions
  readonly diff: boolean
  /** Whether it was said that a secret is too short to be masked. */
  readonly tooShort: { said: boolean }
  readonly note: (result: StepResult) => void
}

/** A step in result.json. */
export interface StepResult {
  readonly step: number
  readonly name: string
  readonly phase: string
  /** Below the run folder, where outputs are; missing when nothing was kept. */
  readonly folder?: string
  readonly tookMs: number
  readonly hosts: readonly StepAtHost[]
}
