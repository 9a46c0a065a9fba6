import { one, spread, type ToolFigure } from '../stats/tool-figure.ts'
import type { FigureKind } from '../units/figure-kind.ts'
import { memberOf, parseWhole } from './json-member.ts'

/** Where a figure stands in the output of a command. Exactly one of `json`, `regex`, `csv`. */
export interface CommandFigure {
  readonly unit: CommandUnit
  /** Whose standard output; default the sender's. */
  readonly of?: 'sender' | 'receiver'
  /** A path: `end.sum.rate`, `intervals[*].rate`, `[0].rate`. */
  readonly json?: string
  /** Its first group is the number. */
  readonly regex?: string
  /** A column, by the name in the first line or by its number, from 1, where there is no such line. */
  readonly csv?: string | number
  /** Every match or row is a value; without it there has to be exactly one. A path with `[*]` gives all anyway. */
  readonly all?: boolean
}

/** How many of the figure's own unit each unit is. */
export const commandUnits = {
  ns: { kind: 'time', times: 1 },
  us: { kind: 'time', times: 1e3 },
  ms: { kind: 'time', times: 1e6 },
  s: { kind: 'time', times: 1e9 },
  'bit/s': { kind: 'rate', times: 1 },
  'kbit/s': { kind: 'rate', times: 1e3 },
  'Mbit/s': { kind: 'rate', times: 1e6 },
  'Gbit/s': { kind: 'rate', times: 1e9 },
  'B/s': { kind: 'rate', times: 8 },
  'kB/s': { kind: 'rate', times: 8e3 },
  'MB/s': { kind: 'rate', times: 8e6 },
  'GB/s': { kind: 'rate', times: 8e9 },
  '%': { kind: 'ratio', times: 1 },
  B: { kind: 'octets', times: 1 },
  kB: { kind: 'octets', times: 1e3 },
  MB: { kind: 'octets', times: 1e6 },
  KiB: { kind: 'octets', times: 1024 },
  MiB: { kind: 'octets', times: 1_048_576 },
  '1': { kind: 'count', times: 1 },
} as const satisfies Readonly<Record<string, { kind: FigureKind; times: number }>>
export type CommandUnit = keyof typeof commandUnits

export const isSpread = ({ all, json }: CommandFigure): boolean => all === true || json?.includes('[*]') === true

/** A figure out of a text, or why it cannot be had. */
export function readFigure(name: string, figure: CommandFigure, text: string): ToolFigure | { readonly fault: string } {
  const found = textsOf(figure, text)
  if ('fault' in found) return { fault: `${name}: ${found.fault}` }
  const { kind, times } = commandUnits[figure.unit]
  const values = found.texts.map(each => numberIn(each) * times)
  const at = values.findIndex(value => !Number.isFinite(value))
  if (at !== -1) return { fault: `${name}: expected a number, got '${found.texts[at]}'` }
  const [value] = values
  if (value === undefined) return { fault: `${name}: nothing of the kind in the output` }
  if (isSpread(figure)) return spread(kind, Float64Array.from(values)) ?? { fault: `${name}: no value` }
  return values.length === 1
    ? one(kind, value)
    : { fault: `${name}: expected one value, got ${values.length}; all: true takes them all` }
}

/** A number and nothing else: `12abc` is none, and neither is nothing. */
const numberIn = (text: string) =>
  /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : Number.NaN

type Found = { readonly texts: readonly string[] } | { readonly fault: string }

function textsOf({ json, regex, csv }: CommandFigure, text: string): Found {
  if (json !== undefined) return inJson(json, text)
  // Of text nobody can say otherwise whether its last number is whole.
  if (!text.endsWith('\n')) return { fault: 'the output ends in the middle of a line' }
  if (regex !== undefined) return { texts: [...text.matchAll(new RegExp(regex, 'gm'))].map(match => match[1] ?? '') }
  return inCsv(csv ?? 1, text)
}

function inJson(path: string, text: string): Found {
  const whole = parseWhole(text)
  if (whole === undefined) return { fault: 'the output is no whole JSON' }
  const steps = stepsOf(path)
  let values: readonly unknown[] = [whole]
  for (const step of steps)
    values = values.flatMap(value => (step === '*' ? (Array.isArray(value) ? value : []) : [memberOf(value, step)]))
  // A number in quotes is no number of JSON, but tools write some.
  return {
    texts: values.map(value => (typeof value === 'number' || typeof value === 'string' ? String(value) : `${value}`)),
  }
}

/** `a.b[0].c[*]` as its steps. */
export const stepsOf = (path: string): readonly string[] => path.split(/\.|\[|\]/).filter(step => step !== '')

function inCsv(column: string | number, text: string): Found {
  const rows = text.trimEnd().split(/\r?\n/).map(cellsOf)
  if (typeof column === 'number') return cells(rows, column - 1)
  const at = rows[0]?.indexOf(column) ?? -1
  return at === -1 ? { fault: `the first line has no column '${column}'` } : cells(rows.slice(1), at)
}

function cells(rows: readonly (readonly string[])[], at: number): Found {
  const short = rows.findIndex(row => row[at] === undefined)
  if (short !== -1) return { fault: `line ${short + 1} of the values has no column ${at + 1}` }
  return { texts: rows.map(row => row[at] ?? '') }
}

/** RFC 4180, section 2: a cell in quotes may hold commas and, doubled, quotes. */
const cellsOf = (line: string): readonly string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain = '']) =>
    quoted === undefined ? plain : quoted.replaceAll('""', '"'),
  )
