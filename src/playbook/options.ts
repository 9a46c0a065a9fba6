import { expected, limits } from '../source/expected.ts'
import type { Evaluator } from '../source/expressions.ts'
import type { Findings } from '../source/findings.ts'
import { type Entry, entriesOf, type SourceNode } from '../source/node.ts'
import { formatDuration } from '../units/duration.ts'
import { bitsPerSecond, ns, octets } from '../units/quantity.ts'
import { formatRate } from '../units/rate.ts'
import { formatSize } from '../units/size.ts'
import { kinds, readKind } from './kinds.ts'
import type { ToolOption, ToolOptions } from './play.ts'
import type { OptionDescription, OptionKind, ToolDescription } from './tool-description.ts'

/** Options as they stand in the file, by name: the last of several layers wins. */
export type WrittenOptions = ReadonlyMap<string, Entry>

/** Collects a tool's options out of mappings that may hold other keys too; later ones win. */
export function writtenOptions(tool: ToolDescription, layers: readonly (SourceNode | undefined)[]): WrittenOptions {
  const known = layers.flatMap(entriesOf).filter(([name]) => Object.hasOwn(tool.options, name))
  return new Map(known)
}

/**
 * Evaluates and reads options for one end. A value that cannot be read is found and left out; one that the schema has
 * complained about already is just left out.
 */
export function readOptions(
  written: WrittenOptions,
  tool: ToolDescription,
  { evaluate, findings }: { evaluate: Evaluator; findings: Findings },
): ToolOptions {
  const options: Record<string, ToolOption> = {}
  for (const [name, { value: node }] of written) {
    const description = tool.options[name]
    if (description === undefined || findings.within(node)) continue
    const value = readOption(name, description, evaluate.tree(node), findings)
    if (value !== undefined) options[name] = value
  }
  return options
}

/** Reads one evaluated value as its description says; undefined when it cannot be, which is then found. */
export function readOption(
  name: string,
  description: OptionDescription,
  node: SourceNode | undefined,
  findings: Findings,
): ToolOption | undefined {
  if (node === undefined) return undefined
  const at = { at: node.at, hint: description.summary }
  const value = node.kind === 'scalar' ? readKind(description.kind, node) : undefined
  if (value === undefined) {
    findings.add({
      code: 'SCHEMA_VALUE',
      message: `${name}: ${expected(kinds[description.kind].expects, node)}`,
      ...at,
    })
    return undefined
  }
  const outside = outsideOf(description, value)
  if (outside === undefined) return value
  findings.add({ code: 'SCHEMA_VALUE', message: `${name}: ${expected(outside, node)}`, ...at })
  return undefined
}

/** What a value of the right kind ought to have been; undefined when it is inside its limits, or one of the words. */
export function outsideOf({ kind, min, max, words }: OptionDescription, value: ToolOption): string | undefined {
  if (words !== undefined && !words.includes(String(value))) return `one of ${words.join(', ')}`
  if (typeof value !== 'bigint') return undefined
  const isInside = (min === undefined || value >= min) && (max === undefined || value <= max)
  return isInside ? undefined : limits(written(kind, min), written(kind, max))
}

const written = (kind: OptionKind, limit: bigint | undefined): string | undefined =>
  limit === undefined ? undefined : writeMeasured(kind, limit)

/** A value with its unit, as it can be read again; of kinds without a unit the bare number. */
export function writeMeasured(kind: OptionKind | undefined, value: bigint): string {
  if (kind === 'duration') return formatDuration(ns(value))
  if (kind === 'size') return formatSize(octets(value))
  return kind === 'rate' ? formatRate(bitsPerSecond(value)) : String(value)
}
