import { child, entriesOf, fromValue, itemsOf, type SourceNode, textOf } from '../source/node.ts'
import { type Requirement, requirements, usualRequirements } from '../sync/requirement.ts'
import { ms, type Nanoseconds, ns } from '../units/quantity.ts'
import { readOption } from './options.ts'
import type { Gate } from './play.ts'
import { hostsOn } from './step-hosts.ts'
import type { SyncGround } from './sync.ts'
import type { OptionDescription } from './tool-description.ts'

/** Defaults of the gate; the offset has none, for nobody else can know how good is good enough. */
export const gateDefaults = {
  offsets: new Map<string, Nanoseconds>(),
  require: usualRequirements,
  good: 3,
  every: ms(100),
  hold: ns(0n),
  timeout: ms(120_000),
  bad: 2,
} as const satisfies Omit<Gate, 'offset'>

/** How far the clocks of this host may be off. */
export const limitAt = ({ offset, offsets }: Pick<Gate, 'offset' | 'offsets'>, host: string): Nanoseconds =>
  offsets.get(host) ?? offset

const gateOptions = {
  offset: { kind: 'duration', min: 1n, summary: 'The largest offset of a clock. Example: 100ns.' },
  good: { kind: 'count', min: 1n, max: 1_000_000n, summary: 'Good rounds in a row. Example: 3.' },
  every: { kind: 'duration', min: 1_000_000n, summary: 'From one round to the next. Example: 100ms.' },
  hold: { kind: 'duration', min: 0n, summary: 'How long the clocks must have been good. Example: 3s.' },
  timeout: { kind: 'duration', min: 1_000_000n, summary: 'Deadline of the gate. Example: 2m.' },
  bad: { kind: 'count', min: 1n, max: 1_000n, summary: 'Bad answers in a row that void an attempt. Example: 2.' },
} as const satisfies Readonly<Record<string, Omit<OptionDescription, 'end'>>>

/** The mapping `gate`; undefined when there is none, or when it cannot be used. `ptp4l`: whether the run starts one. */
export function readGate(node: SourceNode | undefined, ptp4l: boolean, ground: SyncGround): Gate | undefined {
  const { findings } = ground
  const read = (name: keyof typeof gateOptions) => readValue(name, child(node, name), ground)
  const [offset, good, every, hold, timeout, bad] = [
    read('offset'),
    read('good'),
    read('every'),
    read('hold'),
    read('timeout'),
    read('bad'),
  ]
  const offsets = readOffsets(child(node, 'offsets'), ground)
  const require = readRequirements(child(node, 'require'), ptp4l, ground)
  if (node === undefined || offset === undefined) return undefined
  const gate: Gate = {
    offset: ns(offset),
    offsets,
    require,
    good: good === undefined ? gateDefaults.good : Number(good),
    every: every === undefined ? gateDefaults.every : ns(every),
    hold: hold === undefined ? gateDefaults.hold : ns(hold),
    timeout: timeout === undefined ? gateDefaults.timeout : ns(timeout),
    bad: bad === undefined ? gateDefaults.bad : Number(bad),
  }
  // The last of the good rounds ends the wait at the earliest.
  const shortest = BigInt(gate.good - 1) * gate.every
  const needed = shortest > gate.hold ? shortest : gate.hold
  if (needed < gate.timeout || findings.within(node)) return gate
  const message = 'the gate can never open: its deadline comes before enough rounds can have been good'
  findings.add({ code: 'SCHEMA_VALUE', message, hint: 'raise timeout', at: child(node, 'timeout')?.at ?? node.at })
  return undefined
}

function readValue(
  name: keyof typeof gateOptions,
  value: SourceNode | undefined,
  { evaluate, findings }: SyncGround,
): bigint | undefined {
  if (value === undefined || findings.within(value)) return undefined
  const result = readOption(name, { ...gateOptions[name], end: 'both' }, evaluate.tree(value), findings)
  return typeof result === 'bigint' ? result : undefined
}

/** Limits by host pattern: where several patterns name a host, the last one written counts. */
function readOffsets(node: SourceNode | undefined, ground: SyncGround): ReadonlyMap<string, Nanoseconds> {
  const { hosts, findings } = ground
  const offsets = new Map<string, Nanoseconds>()
  for (const [pattern, { key, value }] of entriesOf(node)) {
    const limit = readValue('offset', value, ground)
    const selected = hostsOn(fromValue(pattern, key), hosts, findings)
    if (selected === 'local')
      findings.add({ code: 'PLAYBOOK_HOST', message: "'local' is no host of this playbook", at: key })
    else if (limit !== undefined) for (const host of selected ?? []) offsets.set(host, ns(limit))
  }
  return offsets
}

const isRequirement = (word: string | undefined): word is Requirement =>
  word !== undefined && Object.hasOwn(requirements, word)

function readRequirements(
  node: SourceNode | undefined,
  ptp4l: boolean,
  { findings }: SyncGround,
): readonly Requirement[] {
  if (node === undefined || findings.within(node)) return gateDefaults.require
  return itemsOf(node).flatMap(item => {
    const word = textOf(item)
    if (!isRequirement(word)) return []
    if ((word === 'frequency' || word === 'path-delay') && !ptp4l) {
      const message = `'${word}' is known by the lines of a ptp4l that the run starts`
      findings.add({
        code: 'SCHEMA_VALUE',
        message,
        hint: "write 'ptp4l' beside the gate, or leave it out",
        at: item.at,
      })
    }
    return [word]
  })
}
