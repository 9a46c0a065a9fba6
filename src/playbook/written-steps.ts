import { LockstepError, type Place, placed, problemsOf } from '../errors/error.ts'
import { parseDocument } from '../source/document.ts'
import type { Findings } from '../source/findings.ts'
import { child, type Entry, entriesOf, entry, itemsOf, type SourceNode, textOf } from '../source/node.ts'
import { checkSteps } from './check-playbook.ts'
import { type FileScope, type PlayFiles, pathFrom } from './step-files.ts'
import type { StepKind } from './step-kind.ts'

/** A value with the file that it was written in, whose parameters it sees. */
export interface Written {
  readonly key: Place
  readonly node: SourceNode
  readonly scope: FileScope
}

/** A step as written, with what the includes around it add. */
export interface WrittenStep {
  readonly kind: StepKind
  /** The kind's own value. */
  readonly value: Written
  /** By name; of several the step's own, else that of the innermost include. */
  readonly modifiers: ReadonlyMap<string, Written>
  /** Those that add up: the outermost include's first. */
  readonly when: readonly Written[]
  readonly tags: readonly Written[]
  readonly env: readonly Written[]
  /** The whole step, for what it is called. */
  readonly node: SourceNode
  readonly at: Place
  /** Whether everything in it could be read as a step. */
  readonly whole: boolean
}

export interface WritingGround {
  readonly kinds: readonly StepKind[]
  readonly files: PlayFiles
  readonly findings: Findings
  /** The text of a value that no host has a say in; undefined when it cannot be evaluated, which the findings then say. */
  text(node: SourceNode, scope: FileScope): string | undefined
}

/** Included files may be included often, but never without end. */
const mostSteps = 10_000
const deepest = 20

/** The steps of a list, those of included files in the place of the include. */
export function writtenSteps(
  list: SourceNode | undefined,
  scope: FileScope,
  ground: WritingGround,
): readonly WrittenStep[] {
  const steps: WrittenStep[] = []
  const documents = new Map<string, SourceNode | undefined>()
  const outside: Inherited = { modifiers: new Map(), when: [], tags: [], env: [] }
  let left = mostSteps
  readList(list, scope, outside)
  if (left >= 0 || list === undefined) return steps
  const message = `these files make more than ${mostSteps} steps of this`
  ground.findings.add({ code: 'PLAYBOOK_STEP', message, at: list.at })
  return []

  function readList(node: SourceNode | undefined, from: FileScope, inherited: Inherited): void {
    for (const item of itemsOf(node)) {
      if (--left < 0) return
      const step = readStep(item, from, inherited, ground)
      if (step === undefined) continue
      if (step.kind.action === undefined) include(step, from)
      else steps.push(step)
    }
  }

  function include(step: WrittenStep, from: FileScope): void {
    const { node: value } = step.value
    const named = child(value, 'file') ?? value
    const given = new Map<string, Entry>(entriesOf(child(value, 'with')))
    if (!step.whole) return
    const written = ground.text(named, from)
    if (written === undefined) return
    const file = pathFrom(from, written)
    const chain = includers(from)
    if (chain.includes(file) || chain.length > deepest) {
      const circle = [...chain.slice(Math.max(0, chain.indexOf(file))), file].join(' → ')
      const message = chain.includes(file) ? `these files include each other: ${circle}` : 'included too deep'
      ground.findings.add({ code: 'PLAYBOOK_STEP', message, at: named.at })
      return
    }
    if (!documents.has(file)) documents.set(file, included(file, named.at, ground))
    readList(documents.get(file), { file, given, includedBy: from }, step)
  }
}

/** From the playbook to the file itself. */
const includers = ({ file, includedBy }: FileScope): string[] =>
  includedBy === undefined ? [file] : [...includers(includedBy), file]

/** The steps in a file, checked; undefined when it cannot be read, which the findings then say. */
function included(file: string, at: Place, { files, findings }: WritingGround): SourceNode | undefined {
  try {
    const text = files.readText(file)
    if (text === undefined) {
      findings.add({ code: 'PLAYBOOK_FILE', message: `there is no file '${file}'`, at })
      return undefined
    }
    const root = parseDocument(file, text)
    for (const problem of checkSteps(root)) findings.add(problem)
    return root
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    for (const problem of problemsOf(error)) findings.add(placed(problem, at))
    return undefined
  }
}

type Inherited = Pick<WrittenStep, 'modifiers' | 'when' | 'tags' | 'env'>

/** These belong to the include itself, or add up. */
const notInherited: ReadonlySet<string> = new Set(['name', 'when', 'tags', 'env'])

function readStep(
  node: SourceNode,
  scope: FileScope,
  inherited: Inherited,
  ground: WritingGround,
): WrittenStep | undefined {
  if (node.kind !== 'mapping') return undefined
  const { kinds, findings } = ground
  const named = entriesOf(node).flatMap(([name, found]) => {
    const kind = kinds.find(each => each.name === name)
    return kind === undefined ? [] : [{ kind, found }]
  })
  const [first, second] = named
  if (first === undefined) {
    if (!findings.within(node)) {
      const hint = `write one of ${kinds.map(({ name }) => name).join(', ')}`
      findings.add({ code: 'PLAYBOOK_STEP', message: 'this step does nothing', hint, at: node.at })
    }
    return undefined
  }
  if (second !== undefined) {
    const message = `a step does one thing, and this one has '${first.kind.name}' already`
    findings.add({ code: 'PLAYBOOK_STEP', message, hint: 'write a second step', at: second.found.key })
    return undefined
  }
  const { kind, found } = first
  const written = ({ key, value }: Entry): Written => ({ key, node: value, scope })
  const value = written(found)
  faultOfKind(kind, found, ground)
  const own = entriesOf(node).filter(([name]) => name !== kind.name)
  for (const [name, { key }] of own) {
    if (kind.modifiers.has(name) || findings.at(key)) continue
    findings.add({ code: 'PLAYBOOK_STEP', message: `'${name}' does not fit '${kind.name}'`, hint: fits(kind), at: key })
  }
  const more = (name: string) => {
    const each = entry(node, name)
    return each === undefined ? [] : [written(each)]
  }
  const passed = [...inherited.modifiers].filter(([name]) => !notInherited.has(name) && kind.modifiers.has(name))
  return {
    ...{ kind, value, node, at: node.at },
    modifiers: new Map([...passed, ...own.map(([name, each]) => [name, written(each)] as const)]),
    when: [...inherited.when, ...more('when')],
    tags: [...inherited.tags, ...more('tags')],
    env: kind.modifiers.has('env') ? [...inherited.env, ...more('env')] : [],
    whole: !findings.within(node),
  }
}

const fits = ({ name, modifiers }: StepKind) => `'${name}' takes ${[...modifiers].join(', ')}`

function faultOfKind(kind: StepKind, { key, value }: Entry, { findings }: WritingGround): void {
  if (!kind.keyed || value.kind !== 'mapping' || findings.within(value)) return
  const fault = kind.fault?.(new Set(value.entries.keys()))
  if (fault === undefined) return
  const at = entry(value, fault.param ?? '')?.key ?? key
  findings.add({ code: 'PLAYBOOK_STEP', message: fault.message, at })
}

/** The step in one line, as written: `run: modprobe i210`. */
export function inOneLine({ kind, value }: WrittenStep): string {
  const text = shown(value.node)
  return `${kind.name}: ${text.length > 100 ? `${text.slice(0, 97)}…` : text}`
}

/** What a step without a name is called: short enough to stand in one line with what becomes of it. */
export const shortName = (does: string): string =>
  does.length > longestName ? `${does.slice(0, longestName - 1).trimEnd()}…` : does

const longestName = 60

function shown(node: SourceNode): string {
  if (node.kind === 'list') return `[${node.items.map(shown).join(', ')}]`
  if (node.kind === 'mapping') return [...node.entries].map(([key, { value }]) => `${key}: ${shown(value)}`).join(', ')
  const text = textOf(node)
  return text === undefined ? (node.written ?? String(node.value)) : text.trim().replaceAll(/\s*\n\s*/g, '; ')
}
