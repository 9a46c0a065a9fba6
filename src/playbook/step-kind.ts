import type { Value } from '../source/node.ts'
import type { Nanoseconds } from '../units/quantity.ts'
import type { Action } from './step.ts'

/** How a parameter of a step is written, and what it becomes. */
export interface ParamTypes {
  text: string
  /** One text or a list of them. */
  texts: readonly string[]
  /** A shell line, or an argv in a list. */
  command: { readonly argv: readonly string[] } | { readonly line: string }
  flag: boolean
  duration: Nanoseconds
  /** A duration of a millisecond at least. */
  interval: Nanoseconds
  port: number
  count: number
  /** Permission bits, in octal digits. */
  mode: number
  /** `user` or `user:group`. */
  owner: string
  /** A regular expression. */
  pattern: RegExp
  /** A file of this machine, relative to the file that the step stands in. */
  file: string
  /** A file or folder of this machine. */
  path: string
  /** The file of a template, rendered. */
  template: { readonly text: string; readonly template: string }
  /** Bare expressions: one or a list. */
  claims: readonly { readonly text: string; readonly holds: boolean }[]
  mapping: ReadonlyMap<string, Value>
  /** NAME: text; secrets may stand in the texts. */
  environment: Readonly<Record<string, string>>
  /** A text in which secrets may stand. */
  secretText: string
  /** Whom to become: true is root. */
  user: string | boolean
  /** Exit statuses. */
  codes: readonly number[]
}

export type ParamKind = keyof ParamTypes

export interface Param {
  readonly kind: ParamKind
  readonly needed?: true
}

export type Params = Readonly<Record<string, Param>>

/** What a kind is given when it makes its action: what is left out is undefined. */
export type Given<P extends Params> = {
  readonly [Name in keyof P]: P[Name]['needed'] extends true
    ? ParamTypes[P[Name]['kind']]
    : ParamTypes[P[Name]['kind']] | undefined
}

/** What the modifiers say about the process that a step starts. */
export interface Surroundings {
  readonly stdin: string | undefined
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string | undefined
  readonly okCodes: readonly number[]
}

/** Every key of a step that is not its kind. */
export const modifiers = [
  ...['name', 'on', 'when', 'tags', 'for', 'once', 'optional', 'become', 'env', 'cwd', 'stdin', 'as'],
  ...['retries', 'delay', 'until', 'fails_when', 'ok_codes', 'timeout', 'secret'],
] as const

/** One thing that a step can do: `run`, `push`, … */
export interface StepKind {
  readonly name: string
  /** The parameter that a value stands for which is no mapping; the only one, when `keyed` is false. */
  readonly bare: string
  /** Whether a mapping holds the parameters; else the value as a whole is the bare one. */
  readonly keyed: boolean
  readonly params: Params
  /** The modifiers that fit it. */
  readonly modifiers: ReadonlySet<string>
  /** What is wrong with this choice of parameters, when the schema cannot say; `param` is the one to blame. */
  fault?(names: ReadonlySet<string>): { readonly message: string; readonly param?: string } | undefined
  /** Undefined for `include`, which is replaced by its steps before anything is done. */
  readonly action: ((given: Given<Params>, around: Surroundings) => Action) | undefined
}

/** The steps that a playbook may have, and the facts that their expressions may name. */
export interface StepLanguage {
  readonly kinds: readonly StepKind[]
  readonly facts: readonly string[]
}

interface Definition<P extends Params> {
  readonly name: string
  readonly bare: string & keyof P
  readonly keyed?: false
  readonly params: P
  /** Besides those that fit every step. */
  readonly modifiers: readonly string[]
  readonly fault?: StepKind['fault']
  readonly action?: (given: Given<P>, around: Surroundings) => Action
}

const always = ['name', 'on', 'when', 'tags', 'once']

/** Checks the types of a kind's parameters where it is declared. */
export function stepKind<const P extends Params>(definition: Definition<P>): StepKind {
  const { name, bare, params, fault, action } = definition
  return {
    ...{ name, bare, params, keyed: definition.keyed ?? true },
    modifiers: new Set([...always, ...definition.modifiers]),
    ...(fault === undefined ? {} : { fault }),
    // Whoever calls it reads the very parameters that are declared here.
    action: action as StepKind['action'],
  }
}

/** Modifiers of kinds that act on a host and may fail there. */
export const acting = ['for', 'optional', 'become', 'retries', 'delay', 'timeout', 'as', 'secret'] as const

/** Modifiers of kinds that start a process of the user's. */
export const running = [...acting, 'env', 'cwd', 'stdin', 'until', 'fails_when', 'ok_codes'] as const
