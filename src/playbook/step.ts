import type { LockstepError, Place } from '../errors/error.ts'
import type { Value } from '../source/node.ts'
import type { Nanoseconds } from '../units/quantity.ts'

/** A step of `setup`, `after`, or a flow's `before` and `after`, checked as far as it can be before the run. */
export interface Step {
  /** As written, or the beginning of what it does. */
  readonly name: string
  readonly kind: string
  /** What it does in one line, as written: `run: modprobe i210`. */
  readonly does: string
  readonly tags: readonly string[]
  /** Names of hosts of the play in declared order, or this machine once for all of them. */
  readonly on: readonly string[] | 'local'
  /** Done at the first of its hosts only; what it learns is every host's. */
  readonly once: boolean
  /** A failure is a warning, and the run goes on. */
  readonly optional: boolean
  /** Outputs are neither kept nor shown, and what `as` keeps is masked. */
  readonly secret: boolean
  /** Of each try. */
  readonly timeout: Nanoseconds
  /** Tries after the first one; with `until` unset, a failed try is repeated. */
  readonly retries: number
  readonly delay: Nanoseconds
  /** User to become on the host; undefined: as the connection is, false: the login itself. */
  readonly become: string | false | undefined
  /** Variables that it gives values to, by `as` or `set`. */
  readonly sets: readonly string[]
  /** Results of earlier steps that it cannot do without, each with the place that asks for it first. */
  readonly needs: ReadonlyMap<string, Place>
  readonly at: Place
  /**
   * What is to be done at a host, now that facts and results are known: one task per value of `for`, none when `when` says
   * no. `host` is undefined for 'local'. Throws LockstepError when a value cannot be evaluated or used.
   */
  tasksFor(host: string | undefined, known: Known): readonly Task[]
}

/** What only a run can know: facts of hosts and results of steps, by variable. */
export interface Known {
  /** `host` undefined: for a step at 'local'. What steps at 'local' and steps with `once` learn is known for every host. */
  get(host: string | undefined, name: string): Value | undefined
  /** Whether `get` has a value, or will have one: facts are asked when they are wanted first. */
  has(host: string, name: string): boolean
  /** Whether something of the run has failed before: the variable `failed` of `after`. */
  readonly failed: boolean
}

export interface Task {
  /** In words, when there are several: the value of `for`. */
  readonly item: string | undefined
  readonly action: Action
  /** Texts that must be masked wherever they would be shown or kept: secrets that the action holds. */
  readonly secrets: readonly string[]
  /** Whether a try was good. Without a text it was; else why not. Throws LockstepError when an expression cannot be evaluated. */
  failure(result: TaskResult): string | undefined
  /** For `until`: true when no further try is wanted. */
  enough(result: TaskResult): boolean
  /**
   * Variables that the task sets when it is over. Of a step with `for` the run makes one list of every task's values, in
   * their order. An output that cannot be read as `as` wants it is a failure, and sets nothing.
   */
  keep(result: TaskResult): ReadonlyMap<string, Value>
}

export interface TaskResult {
  /** Exit status; 0 for actions that have none. Undefined when a signal ended the command. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
  readonly changed: boolean
  /** Why an action without an exit status failed. */
  readonly error?: LockstepError
}

/**
 * What a step does, as data: check mode prints it, the runner carries it out. Paths of this machine start where the program was
 * started, as Play.file does.
 */
export type Action =
  | {
      readonly kind: 'command'
      /** A shell line is run by the host's sh (`-c`); at 'local' by zx with the user's own shell. */
      readonly command: { readonly argv: readonly string[] } | { readonly line: string }
      readonly stdin: string | undefined
      readonly env: Readonly<Record<string, string>>
      readonly cwd: string | undefined
      /** Exit statuses that are no failure; default 0. */
      readonly okCodes: readonly number[]
    }
  | {
      readonly kind: 'script'
      /** A file of the controller: sent, run by its own first line (`#!`, else sh), and removed. */
      readonly file: string
      readonly args: readonly string[]
      readonly stdin: string | undefined
      readonly env: Readonly<Record<string, string>>
      readonly cwd: string | undefined
      readonly okCodes: readonly number[]
    }
  | {
      readonly kind: 'push'
      /** A file or folder of the controller, or the text of a template. */
      readonly from: { readonly path: string } | { readonly text: string; readonly template: string }
      readonly to: string
      /** Permission bits; undefined: those of the file here, 0644 for a text. */
      readonly mode: number | undefined
      /** `user` or `user:group`. */
      readonly owner: string | undefined
      /** Left on the host after the run; else what was there before is put back. */
      readonly keep: boolean
    }
  | {
      readonly kind: 'pull'
      /** Paths of the host; globs are the host's sh's. */
      readonly from: readonly string[]
      /** A folder below the run folder; default `pulled/HOST`. */
      readonly to: string | undefined
      /** Whether a path that matches nothing is no failure. */
      readonly missingOk: boolean
    }
  | { readonly kind: 'wait_for'; readonly condition: WaitCondition; readonly every: Nanoseconds }
  | { readonly kind: 'pause'; readonly length: Nanoseconds }
  | {
      readonly kind: 'assert'
      readonly claims: readonly { readonly text: string; readonly holds: boolean }[]
      readonly message: string | undefined
    }
  | { readonly kind: 'set'; readonly values: ReadonlyMap<string, Value> }

export type WaitCondition =
  /** Somebody accepts TCP connections there, as seen from the host. */
  | { readonly kind: 'port'; readonly port: number; readonly address: string }
  | { readonly kind: 'file'; readonly path: string; readonly absent: boolean }
  /** A line of the file matches; lines that are there already count. */
  | { readonly kind: 'log'; readonly path: string; readonly pattern: RegExp }
  | { readonly kind: 'command'; readonly command: { readonly argv: readonly string[] } | { readonly line: string } }
