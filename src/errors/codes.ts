/** Exit codes of every command; design: pass, fail, usage, invalid, host, busy, interrupted. */
export const exit = {
  /** The verdict is pass, or the command did what it was asked. */
  ok: 0,
  /** An `expect` or `assert` was not met. */
  fail: 1,
  /** Wrong usage or a wrong file; nothing was touched. */
  usage: 2,
  /** No valid result: gate deadline, attempts used up, or something failed after set-up began. */
  invalid: 3,
  /** A host cannot be used: unreachable, host key, login, program missing, somebody else's daemon in the way. */
  host: 4,
  /** The host is claimed by another run, or a reservation was denied. */
  busy: 5,
  /** Interrupted by the user. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exit)[keyof typeof exit]

/** What each family of codes means for the exit code when nothing more is known. */
const families = {
  USAGE: exit.usage,
  SCHEMA: exit.usage,
  PLAYBOOK: exit.usage,
  INVENTORY: exit.usage,
  DAT: exit.usage,
  LAB: exit.host,
  SSH: exit.host,
  HOST: exit.host,
  BOOK: exit.busy,
  WIRE: exit.invalid,
  SYNC: exit.invalid,
  STEP: exit.invalid,
} as const satisfies Record<string, ExitCode>

export type Family = keyof typeof families

/** Every code has one line of meaning; docs/errors.md is made from this table. */
export const codes = {
  USAGE_COMMAND: 'the command line names no known command or option',
  USAGE_VALUE: 'a value on the command line cannot be read',
  USAGE_FILE: 'a file named on the command line cannot be read or written',
} as const satisfies Record<`${Family}_${string}`, string>

export type Code = keyof typeof codes

/** The exit code of an error that nobody has placed in a phase. */
export const exitCodeOf = (code: Code): ExitCode => families[code.slice(0, code.indexOf('_')) as Family]
