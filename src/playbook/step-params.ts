import { expected } from '../source/expected.ts'
import { entriesOf, type ScalarNode, type SourceNode, toValue, type Value } from '../source/node.ts'
import { formatDuration } from '../units/duration.ts'
import { ms, type Nanoseconds, ns } from '../units/quantity.ts'
import { isPort } from './connection.ts'
import { readKind } from './kinds.ts'
import { isUnsettled, type Settled, type StepContext, type Unsettled, unsettledIn } from './step-context.ts'
import { type PlayFiles, pathFrom } from './step-files.ts'
import type { ParamKind, ParamTypes } from './step-kind.ts'
import { renderTemplate } from './step-template.ts'
import type { Written } from './written-steps.ts'

/** What reading a parameter needs besides its value. */
export interface ParamGround {
  readonly files: PlayFiles
  readonly environment: (name: string) => string | undefined
  /** Before the run templates are only looked at. */
  readonly before: boolean
}

/** A parameter as it is used now: evaluated, then read as its kind says. `name` is what its author calls it. */
export function readParam<K extends ParamKind>(
  kind: K,
  name: string,
  written: Written,
  context: StepContext,
  ground: ParamGround,
): Settled<ParamTypes[K]> {
  const inFile = context.with({ scope: written.scope })
  const read = readers[kind] as Reader<ParamTypes[K]>
  const settled = read({ name, written, context: inFile, ground })
  for (const text of inFile.secrets) context.secrets.add(text)
  return settled
}

interface Reading {
  readonly name: string
  readonly written: Written
  readonly context: StepContext
  readonly ground: ParamGround
}

type Reader<T> = (reading: Reading) => Settled<T>

/** Reads an evaluated scalar; undefined when it cannot be. */
const scalar =
  <T>(expects: string, read: (node: ScalarNode) => T | undefined): Reader<T> =>
  ({ name, written: { node }, context }) => {
    const tree = context.tree(node, name)
    if (isUnsettled(tree)) return tree
    const value = tree.kind === 'scalar' ? read(tree) : undefined
    if (value !== undefined) return value
    return context.find({ code: 'SCHEMA_VALUE', message: `${name}: ${expected(expects, tree)}`, at: tree.at })
  }

const wordOf = (node: SourceNode): string | undefined =>
  node.kind === 'scalar' && node.value !== null ? (node.written ?? String(node.value)) : undefined

const textIn = (node: ScalarNode) => (node.value === '' ? undefined : wordOf(node))
const words = (nodes: readonly SourceNode[]): readonly string[] | undefined => {
  const read = nodes.flatMap(each => wordOf(each) ?? [])
  return read.length === nodes.length && read.length > 0 ? read : undefined
}

const list =
  <T>(expects: string, read: (nodes: readonly SourceNode[]) => T | undefined): Reader<T> =>
  ({ name, written: { node }, context }) => {
    const tree = context.tree(node, name)
    if (isUnsettled(tree)) return tree
    const value = read(tree.kind === 'list' ? tree.items : [tree])
    if (value !== undefined) return value
    return context.find({ code: 'SCHEMA_VALUE', message: `${name}: ${expected(expects, tree)}`, at: tree.at })
  }

const longest = ns(365n * 24n * 3_600_000_000_000n)

/** A duration within limits that keep timers honest. */
const duration = (least: Nanoseconds): Reader<Nanoseconds> =>
  scalar(
    least === 0n
      ? 'a duration with its unit, such as 10ms or 5s'
      : `a duration with its unit, at least ${formatDuration(least)}`,
    node => {
      const read = readKind('duration', node)
      return typeof read === 'bigint' && read >= least && read <= longest ? ns(read) : undefined
    },
  )

const number = (least: number, most: number) => (node: ScalarNode) => {
  const read = readKind('count', node)
  return typeof read === 'bigint' && read >= least && read <= most ? Number(read) : undefined
}

/** A file of this machine that is there, as a path from where the program was started. */
const file =
  (folders: boolean): Reader<string> =>
  (reading): Settled<string> => {
    const { written, context, ground, name } = reading
    const text = readers.text(reading)
    if (isUnsettled(text)) return text
    const path = pathFrom(written.scope, text)
    const kind = context.attempt(() => ground.files.kind(path), written.node.at)
    if (isUnsettled(kind)) return kind
    const at = written.node.at
    const stop = (message: string): Unsettled => context.find({ code: 'PLAYBOOK_FILE', message, at })
    if (kind === undefined) return stop(`${name}: there is no file '${path}'`)
    if (kind === 'folder' && !folders) return stop(`${name}: '${path}' is a folder`)
    return ground.files.isReadable(path) ? path : stop(`${name}: '${path}' cannot be read: permission denied`)
  }

const command: Reader<ParamTypes['command']> = ({ name, written: { node }, context }) => {
  const tree = context.tree(node, name)
  if (isUnsettled(tree)) return tree
  const argv = tree.kind === 'list' ? words(tree.items) : undefined
  if (argv !== undefined && argv[0] !== '') return { argv }
  const line = tree.kind === 'scalar' ? textIn(tree) : undefined
  if (line !== undefined && line.trim() !== '') return { line }
  const message = `${name}: ${expected('a shell line, or a list of words', tree)}`
  return context.find({ code: 'SCHEMA_VALUE', message, at: tree.at })
}

const pattern: Reader<RegExp> = reading => {
  const text = readers.text(reading)
  if (isUnsettled(text)) return text
  try {
    return new RegExp(text)
  } catch (cause) {
    const reason = String((cause as Error).message).replace(/^Invalid regular expression: /, '')
    const message = `${reading.name}: this is no regular expression: ${reason}`
    return reading.context.find({ code: 'SCHEMA_VALUE', message, at: reading.written.node.at })
  }
}

const claims: Reader<ParamTypes['claims']> = ({ name, written: { node }, context }) => {
  const read = (node.kind === 'list' ? node.items : [node]).map(each => ({
    text: wordOf(each) ?? '',
    holds: context.holds(each, name),
  }))
  return unsettledIn(read.map(({ holds }) => holds)) ?? read.map(({ text, holds }) => ({ text, holds: holds === true }))
}

const mapping: Reader<ReadonlyMap<string, Value>> = ({ name, written: { node }, context }) => {
  const tree = context.tree(node, name)
  if (isUnsettled(tree)) return tree
  return new Map(entriesOf(tree).map(([key, { value }]) => [key, toValue(value)]))
}

/** Each text by itself: one with a secret in it is masked, the others are not. */
const environment: Reader<ParamTypes['environment']> = ({ written: { node }, context }) => {
  const read = entriesOf(node).map(([key, { value }]) => [key, secretText(`env ${key}`, value, context)] as const)
  const unsettled = unsettledIn(read.map(([, value]) => value))
  if (unsettled !== undefined) return unsettled
  return Object.fromEntries(read.map(([key, value]) => [key, String(value)]))
}

function secretText(name: string, node: SourceNode, context: StepContext): Settled<string> {
  const tree = context.tree(node, undefined)
  if (isUnsettled(tree)) return tree
  const text = wordOf(tree)
  if (text !== undefined && !text.includes('\0')) return text
  return context.find({ code: 'SCHEMA_VALUE', message: `${name}: ${expected('a text', tree)}`, at: tree.at })
}

const readers: { readonly [K in ParamKind]: Reader<ParamTypes[K]> } = {
  text: scalar('a text', node => (textIn(node)?.includes('\0') ? undefined : textIn(node))),
  texts: list('a text or a list of texts', words),
  command,
  flag: scalar('true or false', node => readKind('flag', node) as boolean | undefined),
  duration: duration(ns(0n)),
  interval: duration(ms(1)),
  port: scalar('a port, 1 to 65535', node => {
    const read = number(1, 65_535)(node)
    return read !== undefined && isPort(read) ? read : undefined
  }),
  count: scalar('a count, 0 to 1000', number(0, 1000)),
  mode: scalar('permission bits in octal digits and quotes, such as "0644"', node =>
    typeof node.value === 'string' && /^0?[0-7]{3,4}$/.test(node.value) ? Number.parseInt(node.value, 8) : undefined,
  ),
  owner: scalar('USER or USER:GROUP', node => {
    const text = textIn(node)
    return text !== undefined && /^[^\s:-][^\s:]*(:[^\s:-][^\s:]*)?$/.test(text) ? text : undefined
  }),
  pattern,
  file: file(false),
  path: file(true),
  template: reading => {
    const path = file(false)(reading)
    if (typeof path === 'symbol') return path
    return renderTemplate(path, reading.written.node.at, reading.context, reading.ground)
  },
  claims,
  mapping,
  environment,
  secretText: ({ name, written: { node }, context }) => secretText(name, node, context),
  codes: list('exit statuses, 0 to 255', nodes => {
    const read = nodes.flatMap(each => (each.kind === 'scalar' ? (number(0, 255)(each) ?? []) : []))
    return read.length === nodes.length && read.length > 0 ? read : undefined
  }),
  user: scalar("true, false or a user's name", node => {
    if (typeof node.value === 'boolean') return node.value
    const text = textIn(node)
    if (text === 'true' || text === 'false') return text === 'true'
    return text !== undefined && /^[A-Za-z_][\w.-]*\$?$/.test(text) ? text : undefined
  }),
}
