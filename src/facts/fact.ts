/**
 * One fact about a host: a POSIX shell fragment that prints it, and the parser that reads it. `$1` is the test interface,
 * `$system` what uname(1) says with -srvm. A fragment changes nothing, needs no input, and prints nothing when it cannot
 * know. A program that it starts costs a busy host more than all the files it reads.
 */
export interface Fact<Value> {
  readonly name: string
  readonly ask: string
  /** Undefined: not to be had on this host. */
  readonly read: (output: string) => Value | undefined
}

/** The integer in a text, or undefined when it holds none. */
export const integer = (text: string | undefined): number | undefined =>
  text !== undefined && /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : undefined

/** A text without the blanks around it, or undefined when nothing is left. */
export const words = (text: string): string | undefined => text.trim() || undefined
