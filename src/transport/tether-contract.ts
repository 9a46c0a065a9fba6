import type { LateCode } from './exec.ts'
import type { ExecOptions, ExecResult } from './transport.ts'

export interface TetherOptions {
  /** The run's id. */
  readonly run: string
  /** Who claims the host, for others to read: `USER@HOST for PLAYBOOK since TIME`. */
  readonly owner: string
  /** Without a beat for this long the host ends everything by itself; whole seconds, default 5000. */
  readonly leaseMs?: number
  /** From one beat to the next; default 1000. */
  readonly beatMs?: number
  readonly signal: AbortSignal
  /** Where the claim is kept; default the first writable of /run/lock, /run and /tmp. */
  readonly claimFolder?: string
  /** False: the host is not claimed, and used beside whoever has claimed it. */
  readonly claim?: false
  /** True: many commands will come, and what begins them is made ready at once; else the second one waits for it. */
  readonly busy?: boolean
  /** The shell that runs the supervisor, words separated by blanks; default sh. */
  readonly shell?: string
}

export interface ProcessStart {
  readonly id: string
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Default: the tether's folder. */
  readonly cwd?: string
  /** Absolute path. The program leaves its session and writes its number there; it is known by that number. */
  readonly pidFile?: string
  /** How long the pid file may take; default 10. */
  readonly pidFileWaitS?: number
  /**
   * Absolute path without blanks: the program has a file of this name with its number behind it, which stays when it is
   * killed, and is then removed.
   */
  readonly litter?: string
  /** True: the program begins its session itself, with setsid(2), before anything else. */
  readonly leads?: boolean
  /** A file name in the folder; appended to. */
  readonly log: string
}

export interface CommandOptions extends ExecOptions {
  /** Set for the program; their values travel through its stdin, in front of what is its own, and never in an argv. */
  readonly env?: Readonly<Record<string, string>>
  /** Default: the home folder of the login, whoever the program is run as. */
  readonly cwd?: string
  /**
   * Another user than the tether's; false: the login itself. Needs a tether that is that user already, or root: no other
   * one could end it.
   */
  readonly become?: { readonly user: string } | false
  /** The question of worker.pl.ts that has the same answer; where there is a worker, no process is needed for it. */
  readonly question?: readonly string[]
  /** What a command that is not done in time fails with; default STEP_TIMEOUT. */
  readonly lateCode?: LateCode
}

/** How a program ended: exit status, or the signal that ended it. Neither is known of a program with a pid file. */
export interface Outcome {
  readonly code: number | undefined
  readonly signal?: string | undefined
}

/** The supervisor of one run's processes on one host. */
export interface Tether {
  /** On the host: private to us, removed at the end. */
  readonly folder: string
  start(spec: ProcessStart): Promise<{ pid: number }>
  /**
   * Runs a command to its end, with streams of its own, in a session that ends with the run: when the controller is
   * killed, when the link is cut, on abort and on its deadline (`lateCode`). What it leaves in the background with its
   * outputs redirected lives until the end of the run. A missing program is exit status 127.
   */
  exec(argv: readonly string[], options: CommandOptions): Promise<ExecResult>
  /** TERM to everything in the program's session, KILL two seconds later. Gone when this resolves. */
  stop(id: string): Promise<Outcome>
  /** Whether the host has perl; known once its worker runs. */
  hasPerl(): Promise<boolean>
  /** Registers a command that is run at the end, also when the controller has died; the last one registered is run first. */
  undo(id: string, argv: readonly string[]): Promise<void>
  forget(id: string): Promise<void>
  /** Writes a line into a file of this name in the folder: whoever waits for it there learns it at once. */
  tell(file: string, line: string): Promise<void>
  /** Once per started program, whether it ended by itself or was stopped. */
  onExit(listener: (id: string, code: number | undefined) => void): void
  readonly lost: AbortSignal
  /** Ends everything, also after the loss of the tether alone; says what was running and what could not be ended or put back. */
  end(): Promise<{ stopped: string[]; left: string[] }>
}
