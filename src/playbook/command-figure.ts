import { didYouMean } from '../errors/suggest.ts'
import { expected } from '../source/expected.ts'
import { child, entriesOf, type SourceNode, textOf } from '../source/node.ts'
import { figureUnits, isFigureUnit } from '../units/figure-unit.ts'
import type { CommandFigure, FigureSource } from './command-definition.ts'
import { every, readJsonPath } from './json-path.ts'
import { readPattern, type Stop } from './read-command.ts'

/** Reads where one figure stands; undefined when it cannot be used, which is then found. */
export function readFigure(
  name: string,
  node: SourceNode,
  hasReceiver: boolean,
  stop: Stop,
): CommandFigure | undefined {
  const source = readSource(name, node, stop)
  const unit = readUnit(child(node, 'unit'), stop)
  const of = readWord('of', child(node, 'of'), ends, 'sender', stop)
  const take = source && readWord('take', child(node, 'take'), takes, usualTake(source), stop)
  const ofNode = child(node, 'of')
  if (of === 'receiver' && !hasReceiver && ofNode !== undefined)
    return stop(ofNode, 'of: there is no receiver that could print it', "write 'receiver:'")
  if (source === undefined || unit === undefined || of === undefined || take === undefined) return undefined
  return { source, unit, of, take }
}

const ends = ['sender', 'receiver'] as const
const takes = ['one', 'first', 'last', 'all'] as const

/** A column has a value in each row, and so has a list; elsewhere several are most likely a mistake. */
export function usualTake(source: FigureSource): CommandFigure['take'] {
  if (source.kind === 'csv') return 'all'
  const path = source.kind === 'json' ? readJsonPath(source.path) : []
  return 'message' in path || !path.includes(every) ? 'one' : 'all'
}

function readSource(name: string, node: SourceNode, stop: Stop): FigureSource | undefined {
  const ways = entriesOf(node).filter(([key]) => ['json', 'regex', 'csv'].includes(key))
  const [way] = ways
  if (way === undefined || ways.length > 1)
    return stop(node, `figure '${name}': expected one of json, regex, csv`, 'Example: {json: end.rate, unit: Mbit/s}')
  const [kind, { value }] = way
  if (kind === 'csv') return readColumn(value, stop)
  return kind === 'json' ? readPath(value, stop) : readGroup(value, stop)
}

function readPath(node: SourceNode, stop: Stop): FigureSource | undefined {
  const text = textOf(node) ?? ''
  const path = readJsonPath(text)
  if (text === '') return stop(node, `json: ${expected('a path such as end.sum.rate or intervals[*].rate', node)}`)
  if (!('message' in path)) return { kind: 'json', path: text }
  return stop(node, `json: ${path.message}`, 'Example: end.sum.rate, intervals[*].rate, [0]["a name"]', path.offset)
}

function readGroup(node: SourceNode, stop: Stop): FigureSource | undefined {
  const pattern = readPattern('regex', node, stop)
  if (pattern === undefined) return undefined
  const groups = (new RegExp(`${pattern}|`).exec('')?.length ?? 1) - 1
  if (groups > 0) return { kind: 'regex', pattern }
  return stop(node, `regex: '${pattern}' has no group`, 'put the number in parentheses, such as lost (\\d+)')
}

function readColumn(node: SourceNode, stop: Stop): FigureSource | undefined {
  const value = node.kind === 'scalar' ? node.value : null
  if (typeof value === 'bigint' && value >= 1n && value <= 10_000n) return { kind: 'csv', column: Number(value) }
  if (typeof value === 'string' && value !== '') return { kind: 'csv', column: value }
  return stop(node, `csv: ${expected('the name of a column, or its number from 1', node)}`)
}

function readUnit(node: SourceNode | undefined, stop: Stop): CommandFigure['unit'] | undefined {
  if (node === undefined) return '1'
  const text = node.kind === 'scalar' ? String(node.value) : ''
  if (isFigureUnit(text)) return text
  const hint = didYouMean(text, Object.keys(figureUnits)) ?? `one of ${Object.keys(figureUnits).join(', ')}`
  return stop(node, `unit: ${expected('a unit that we know', node)}`, hint)
}

function readWord<Word extends string>(
  key: string,
  node: SourceNode | undefined,
  words: readonly Word[],
  usual: Word,
  stop: Stop,
): Word | undefined {
  if (node === undefined) return usual
  const word = words.find(each => each === textOf(node))
  return (
    word ?? stop(node, `${key}: ${expected(`one of ${words.join(', ')}`, node)}`, didYouMean(textOf(node) ?? '', words))
  )
}
