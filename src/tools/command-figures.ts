import type { CommandFigure, FigureSource } from '../playbook/command-definition.ts'
import { every, readJsonPath } from '../playbook/json-path.ts'
import { one, spread, type ToolFigure } from '../stats/tool-figure.ts'
import { figureUnits } from '../units/figure-unit.ts'
import { memberOf, parseWhole } from './json-member.ts'

/** A figure out of a text, or why it cannot be had. */
export function readFigure(
  name: string,
  { source, unit, take }: CommandFigure,
  text: string,
): ToolFigure | { readonly fault: string } {
  const found = textsOf(source, text)
  if ('fault' in found) return { fault: `${name}: ${found.fault}` }
  const { kind, times } = figureUnits[unit]
  const values = found.texts.map(each => numberIn(each) * times)
  const at = values.findIndex(value => !Number.isFinite(value))
  if (at !== -1) return { fault: `${name}: expected a number, got '${found.texts[at]}'` }
  const value = take === 'last' ? values.at(-1) : values[0]
  if (value === undefined) return { fault: `${name}: ${nothingOf(source)} in the output` }
  if (take === 'all') return spread(kind, Float64Array.from(values)) ?? { fault: `${name}: no value` }
  if (take === 'one' && values.length > 1)
    return { fault: `${name}: expected one value, got ${values.length}; say take: first, last or all` }
  return one(kind, value)
}

const nothingOf = (source: FigureSource) =>
  source.kind === 'regex'
    ? `nothing matches '${source.pattern}'`
    : source.kind === 'json'
      ? `there is no value at ${source.path}`
      : 'there is no row'

/** A number and nothing else: `12abc` is none, and neither is nothing. */
const numberIn = (text: string) =>
  /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : Number.NaN

type Found = { readonly texts: readonly string[] } | { readonly fault: string }

function textsOf(source: FigureSource, text: string): Found {
  if (source.kind === 'json') return inJson(source.path, text)
  // Of text nobody can say otherwise whether its last number is whole.
  if (text !== '' && !text.endsWith('\n')) return { fault: 'the output ends in the middle of a line' }
  if (source.kind === 'csv') return inCsv(source.column, text)
  return { texts: [...text.matchAll(new RegExp(source.pattern, 'gm'))].map(match => match[1] ?? '') }
}

function inJson(written: string, text: string): Found {
  const whole = parseWhole(text)
  if (whole === undefined) return { fault: 'the output is no whole JSON' }
  const path = readJsonPath(written)
  if ('message' in path) return { fault: path.message }
  let values: readonly unknown[] = [whole]
  for (const step of path)
    values = values.flatMap(value => (step === every ? (Array.isArray(value) ? value : []) : [memberOf(value, step)]))
  const found = values.filter(value => value !== undefined)
  // A number in quotes is no number of JSON, but tools write some.
  return { texts: found.map(value => (typeof value === 'object' ? JSON.stringify(value) : String(value))) }
}

function inCsv(column: string | number, text: string): Found {
  const rows = text
    .split(/\r?\n/)
    .filter(line => line !== '')
    .map(cellsOf)
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
