import type { Place } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import type { Findings } from '../source/findings.ts'
import { child, itemsOf, type ScalarNode, type SourceNode } from '../source/node.ts'
import { isTemplate, partsOf } from '../source/template.ts'
import { type FileScope, parameter } from './step-files.ts'
import { namesInExpression, namesInTree, namesInValue, type PlacedUse } from './step-names.ts'
import { loopName } from './step-unfold.ts'
import type { StepWorld } from './step-variables.ts'
import { playVariables } from './variables.ts'
import type { Written, WrittenStep } from './written-steps.ts'

/** Modifiers whose text is an expression as it stands. */
const bareModifiers: ReadonlySet<string> = new Set(['until', 'fails_when'])

/** Every variable that a step names and does not bring itself, the parameters of includes followed to what they name. */
export function usesOf(step: WrittenStep): readonly PlacedUse[] {
  const bare: Written[] = [...step.when]
  const plain: Written[] = [...step.env]
  for (const [name, written] of step.modifiers) {
    if (['when', 'env', 'tags', 'as'].includes(name)) continue
    if (bareModifiers.has(name)) bare.push(written)
    else if (name === 'for') bare.push(...loops(written))
    else plain.push(written)
  }
  const claims = Object.values(step.kind.params).some(({ kind }) => kind === 'claims')
  if (claims) bare.push({ ...step.value, node: child(step.value.node, 'that') ?? step.value.node })
  const own = ownNames(step)
  const uses = [
    ...bare.flatMap(({ node, scope }) => expressionsIn(node).flatMap(use => through(use, scope))),
    ...[...plain, step.value].flatMap(({ node, scope }) => namesInTree(node).flatMap(use => through(use, scope))),
  ]
  return uses.filter(({ name }) => !own.has(name))
}

/** What the step itself gives meaning to. */
function ownNames(step: WrittenStep): ReadonlySet<string> {
  const loop = loopName(step.modifiers.get('for'))
  return new Set(loop === undefined ? [] : [loop])
}

/** A loop over an expression; a list as written is a tree. */
function loops(written: Written): Written[] {
  const { node } = written
  const values = node.kind === 'mapping' ? [...node.entries.values()].map(({ value }) => value) : [node]
  return values.map(each => ({ ...written, node: each }))
}

const expressionsIn = (node: SourceNode): readonly PlacedUse[] => {
  if (node.kind !== 'scalar') return itemsOf(node).flatMap(expressionsIn)
  if (typeof node.value !== 'string') return []
  return node.value.includes('{{') ? namesInTree(node) : namesInExpression(node.value, node)
}

function through(use: PlacedUse, scope: FileScope): readonly PlacedUse[] {
  const given = parameter(scope, use.name)
  if (given === undefined) return [use]
  return namesInTree(given.node).flatMap(inner => through({ ...inner, guarded: use.guarded }, given.scope))
}

/** Results of earlier steps that a step cannot do without; the playbook's variables are followed to what they name. */
export function needsOf(
  step: WrittenStep,
  { shared }: StepWorld,
  isLearnt: (name: string) => boolean,
): ReadonlyMap<string, Place> {
  const needs = new Map<string, Place>()
  const variables = playVariables(shared, 'opened')
  const seen = new Set<string>()
  const own = new Set(step.modifiers.has('as') ? namesOfAs(step) : [])
  const add = (name: string, at: Place): void => {
    if (shared.extra.has(name) || seen.has(name)) return
    seen.add(name)
    if (isLearnt(name) && !own.has(name)) needs.set(name, at)
    else if (!isLearnt(name)) {
      const variable = variables.get(name)
      if (variable !== undefined && !variable.ready) for (const each of namesInValue(variable.value)) add(each, at)
    }
  }
  const guarded = new Set(usesOf(step).flatMap(use => (use.guarded ? [use.name] : [])))
  for (const { name, at } of usesOf(step)) if (!guarded.has(name)) add(name, at)
  return needs
}

const namesOfAs = (step: WrittenStep): readonly string[] => {
  const node = step.modifiers.get('as')?.node
  if (node?.kind === 'mapping') return [...node.entries.keys()]
  return node?.kind === 'scalar' ? [String(node.value)] : []
}

/** `facts.kernl`: there is no such fact. */
export function checkFacts(step: WrittenStep, facts: readonly string[], findings: Findings): void {
  const look = (expression: string, node: ScalarNode, from: number): void => {
    for (const { 1: name = '', index } of expression.matchAll(/(?<![\w.'"\]])facts\.([A-Za-z_]\w*)/g)) {
      if (facts.includes(name)) continue
      const offset = from + index + 'facts.'.length
      const at = node.textAt === undefined ? node.at : { ...node.textAt, column: node.textAt.column + offset }
      const message = `there is no fact '${name}'`
      findings.add({ code: 'SCHEMA_UNDEFINED', message, hint: didYouMean(name, facts), at })
    }
  }
  const visit = (node: SourceNode, bare: boolean): void => {
    if (node.kind === 'list') for (const item of node.items) visit(item, bare)
    else if (node.kind === 'mapping') for (const { value } of node.entries.values()) visit(value, bare)
    else if (typeof node.value !== 'string') return
    else if (bare) look(node.value, node, 0)
    else if (isTemplate(node.value)) {
      const parts = partsOf(node.value)
      if ('fault' in parts) return
      for (const part of parts) if ('from' in part) look(part.expression, node, part.from)
    }
  }
  visit(step.value.node, step.kind.name === 'assert')
  for (const [name, { node }] of step.modifiers) visit(node, ['when', 'until', 'fails_when', 'for'].includes(name))
}
