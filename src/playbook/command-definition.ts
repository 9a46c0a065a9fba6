import type { FigureUnit } from '../units/figure-unit.ts'
import type { Nanoseconds } from '../units/quantity.ts'

/** A pair of commands of the user's own, as a playbook defines it: `tool: command`. Words may hold `{address}`, `{port}` … */
export interface CommandDefinition {
  readonly sender: CommandLine
  /** Undefined: nothing is started at the receiving end. */
  readonly receiver: CommandReceiver | undefined
  /** Exit statuses with which the sender has done its work. */
  readonly okCodes: readonly number[]
  /** From the start of the sender to its end; undefined: nobody knows. */
  readonly lasts: Nanoseconds | undefined
  /** How much longer it may take before it counts as hanging. */
  readonly grace: Nanoseconds
  readonly figures: Readonly<Record<string, CommandFigure>>
}

/** An argv, or a line for sh. */
export type CommandLine = { readonly argv: readonly string[] } | { readonly line: string }

export interface CommandReceiver {
  readonly command: CommandLine
  readonly ready: CommandReady
  /** How long it may take to get ready. */
  readonly readyWithin: Nanoseconds
  /** It ends by itself when its sender is done, and its exit status counts. */
  readonly once: boolean
}

export type CommandReady =
  | { readonly kind: 'port'; readonly protocol: 'tcp' | 'udp' }
  /** A line of its output, on either stream. */
  | { readonly kind: 'line'; readonly pattern: string }
  | { readonly kind: 'after'; readonly time: Nanoseconds }

/** Where a figure stands in what an end printed. */
export interface CommandFigure {
  readonly unit: FigureUnit
  /** Whose standard output. */
  readonly of: 'sender' | 'receiver'
  readonly source: FigureSource
  /** Which of several values counts; `one`: there must not be several; `all`: the figure has statistics. */
  readonly take: 'one' | 'first' | 'last' | 'all'
}

export type FigureSource =
  /** A path, see readJsonPath. */
  | { readonly kind: 'json'; readonly path: string }
  /** Its first group is the number; `^` and `$` are the ends of a line. */
  | { readonly kind: 'regex'; readonly pattern: string }
  /** A column, by the name in the first line or by its number, from 1, where there is no such line. */
  | { readonly kind: 'csv'; readonly column: string | number }
