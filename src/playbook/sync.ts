import type { Place } from '../errors/error.ts'
import { splitWords } from '../inventory/words.ts'
import type { Evaluator } from '../source/expressions.ts'
import type { Findings } from '../source/findings.ts'
import { child, itemsOf, type SourceNode } from '../source/node.ts'
import type { Nanoseconds } from '../units/quantity.ts'
import { gateDefaults, readGate } from './gate.ts'
import { misspeltSetting } from './linuxptp-settings.ts'
import type { SyncSetup } from './play.ts'
import type { StepHosts } from './step-hosts.ts'

export interface SyncGround {
  /** The hosts of the play, as patterns name them. */
  readonly hosts: StepHosts
  readonly evaluate: Evaluator
  readonly findings: Findings
}

/** The section `sync`; undefined when there is none, or when it cannot be used. */
export function readSync(node: SourceNode | undefined, ground: SyncGround): SyncSetup | undefined {
  if (node === undefined || node.kind !== 'mapping') return undefined
  const ptp4l = readWords('ptp4l', child(node, 'ptp4l'), ground)
  const gate = readGate(child(node, 'gate'), ptp4l !== undefined, ground)
  const phc2sys = readWords('phc2sys', child(node, 'phc2sys'), ground)
  return gate && { ptp4l, phc2sys, gate, at: node.at }
}

/** A setup without programs, for flows that bring their own limit: the clocks are somebody else's, the gate is ours. */
export const gateOnly = (offset: Nanoseconds, at: Place): SyncSetup => ({
  ptp4l: undefined,
  phc2sys: undefined,
  gate: { offset, ...gateDefaults },
  at,
})

type Program = 'ptp4l' | 'phc2sys'

/** The words of a program's options; undefined for a program that is not to be started. */
function readWords(program: Program, node: SourceNode | undefined, ground: SyncGround): readonly string[] | undefined {
  if (node === undefined || ground.findings.within(node)) return undefined
  const evaluated = ground.evaluate.tree(node)
  if (evaluated === undefined || (evaluated.kind === 'scalar' && evaluated.value === false)) return undefined
  const words = wordsOf(evaluated, ground.findings)
  for (const { text, at } of words) {
    refuseOurs(program, text, at, ground.findings)
    refuseMisspelt(program, text, at, ground.findings)
  }
  // We add it ourselves: without it nothing is known of what the program does.
  return words.map(({ text }) => text).filter(text => text !== '-m')
}

interface PlacedWord {
  readonly text: string
  readonly at: Place
}

function wordsOf(node: SourceNode, findings: Findings): readonly PlacedWord[] {
  if (node.kind === 'list') return itemsOf(node).flatMap(item => plainWord(item, findings))
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return plainWord(node, findings)
  const begin = node.textAt
  const placeOf = (offset: number) => (begin === undefined ? node.at : { ...begin, column: begin.column + offset })
  const { words, problem } = splitWords(node.value)
  if (problem !== undefined)
    findings.add({ code: 'SCHEMA_VALUE', message: problem.message, at: placeOf(problem.offset) })
  return words.map(({ text, offset }) => ({ text, at: placeOf(offset) }))
}

function plainWord(node: SourceNode, findings: Findings): PlacedWord[] {
  if (node.kind === 'scalar' && node.value !== null) return [{ text: node.written ?? String(node.value), at: node.at }]
  findings.add({ code: 'SCHEMA_TYPE', message: 'expected an option or its value', at: node.at })
  return []
}

/** Options that the run sets itself: two of them would make the program serve something else than we look at. */
const ours: Readonly<Record<Program, readonly (readonly [RegExp, string])[]>> = {
  ptp4l: [
    [/^-i/, "the interface is the variable 'interface' of the host"],
    [/^--(uds|interface)/, 'the run chooses the socket, so that nobody else loses his'],
  ],
  phc2sys: [
    [/^-z/, 'the run chooses the socket of ptp4l'],
    [/^--uds/, 'the run chooses the socket of ptp4l'],
  ],
}

function refuseMisspelt(program: Program, word: string, at: Place, findings: Findings): void {
  const misspelt = misspeltSetting(word)
  if (misspelt === undefined) return
  const message = `${program} has no setting '${misspelt.name}'`
  findings.add({ code: 'PLAYBOOK_OPTION', message, hint: `did you mean '${misspelt.meant}'?`, at })
}

function refuseOurs(program: Program, word: string, at: Place, findings: Findings): void {
  const reason = ours[program].find(([pattern]) => pattern.test(word))?.[1]
  if (reason === undefined) return
  const message = `'${word}' cannot be set here: ${reason}`
  findings.add({ code: 'PLAYBOOK_OPTION', message, hint: 'leave it out', at })
}
