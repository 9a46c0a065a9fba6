import type { Place, Problem } from '../errors/error.ts'
import { expected } from '../source/expected.ts'
import type { Evaluator } from '../source/expressions.ts'
import type { Findings } from '../source/findings.ts'
import { child, type Entry, entriesOf, type SourceNode, textOf } from '../source/node.ts'
import { type Nanoseconds, ns } from '../units/quantity.ts'
import type {
  CommandDefinition,
  CommandFigure,
  CommandLine,
  CommandReady,
  CommandReceiver,
} from './command-definition.ts'
import { readFigure } from './command-figure.ts'
import { portsIn, unknownPlace } from './command-words.ts'
import { readOption } from './options.ts'

export interface CommandGround {
  readonly atSender: Evaluator
  /** `receiver`, `ready` and `once` know the variables of the receiving host. */
  readonly atReceiver: Evaluator
  readonly findings: Findings
}

/** Says what is wrong at a node, `offset` letters behind its begin where that place is known. */
export type Stop = (node: SourceNode, message: string, hint?: string, offset?: number) => undefined

/**
 * Reads the definition of a flow's commands out of mappings of which the later ones win, key by key. Undefined when
 * something in it cannot be used, which is then found.
 */
export function readCommand(
  layers: readonly (SourceNode | undefined)[],
  { name, at }: { readonly name: string; readonly at: Place },
  { atSender, atReceiver, findings }: CommandGround,
): CommandDefinition | undefined {
  const written = new Map(layers.flatMap(entriesOf))
  if (layers.some(layer => layer !== undefined && findings.within(layer))) return undefined
  let isWhole = true
  const found: Findings = {
    ...findings,
    add: problem => {
      isWhole = false
      findings.add(problem)
    },
  }
  const node = (key: string, evaluate = atSender) => {
    const value = written.get(key)?.value
    const evaluated = value && evaluate.tree(value)
    if (value !== undefined && evaluated === undefined) isWhole = false
    return evaluated
  }
  const stop: Stop = (where, message, hint, offset = 0) => {
    found.add(problemAt(where, message, hint, offset))
    return undefined
  }
  const sender = readLine('sender', node('sender'), stop)
  const nodes = {
    receiver: node('receiver', atReceiver),
    ready: node('ready', atReceiver),
    once: node('once', atReceiver),
  }
  const receiver = readReceiver(nodes, found, stop)
  const figures = readFigures(node('figures'), receiver !== undefined, stop)
  const rest = {
    okCodes: readCodes(node('ok_codes'), stop),
    lasts: duration('lasts', node('lasts'), found),
    grace: duration('grace', node('grace'), found) ?? tenSeconds,
  }
  if (!written.has('sender')) {
    const hint = 'write command: {sender: …}, in the flow or for all flows of the file'
    findings.add({ code: 'PLAYBOOK_FLOW', message: `flow '${name}': nothing says which command sends`, hint, at })
  }
  if (sender === undefined) return undefined
  findLonelyPorts({ sender, receiver, written }, stop)
  return isWhole ? { sender, receiver, ...rest, figures } : undefined
}

const tenSeconds = ns(10_000_000_000n)

function problemAt(node: SourceNode, message: string, hint: string | undefined, offset: number): Problem {
  const begin = node.kind === 'scalar' ? node.textAt : undefined
  const at = begin === undefined || offset === 0 ? node.at : { ...begin, column: begin.column + offset }
  return { code: 'SCHEMA_VALUE', message, hint, at }
}

/** A text is a line for the shell, a list an argv. */
function readLine(key: string, node: SourceNode | undefined, stop: Stop): CommandLine | undefined {
  if (node === undefined) return undefined
  const wanted = 'a shell line, or a list of words'
  const items = node.kind === 'list' ? node.items : [node]
  const words = items.map(item => (item.kind === 'scalar' && item.value !== null ? wordOf(item) : undefined))
  const [first] = words
  if (words.includes(undefined) || first === undefined || first.trim() === '') {
    return stop(node, `${key}: ${node.kind === 'list' ? `expected ${wanted}` : expected(wanted, node)}`)
  }
  for (const [i, item] of items.entries()) {
    const unknown = unknownPlace(words[i] ?? '')
    if (unknown !== undefined) return stop(item, `${key}: ${unknown.message}`, unknown.hint, unknown.offset)
  }
  return node.kind === 'list' ? { argv: words.flatMap(word => word ?? []) } : { line: first }
}

const wordOf = ({ value, written }: SourceNode & { kind: 'scalar' }) => written ?? String(value)

interface ReceiverNodes {
  readonly receiver: SourceNode | undefined
  readonly ready: SourceNode | undefined
  readonly once: SourceNode | undefined
}

function readReceiver(nodes: ReceiverNodes, findings: Findings, stop: Stop): CommandReceiver | undefined {
  const command = readLine('receiver', nodes.receiver, stop)
  if (nodes.receiver === undefined) {
    for (const lonely of [nodes.ready, nodes.once])
      if (lonely !== undefined) stop(lonely, 'there is no receiver that this could be said of', "write 'receiver:'")
  }
  if (command === undefined) return undefined
  const ready = readReady(nodes.ready, findings, stop)
  if (ready === undefined) return undefined
  if (ready.kind === 'port' && nodes.ready !== undefined && portsIn(command) === 0) {
    stop(
      nodes.ready,
      'ready: the receiver is not told which port it is to open',
      'write {port} where its command has the port',
    )
  }
  const within = nodes.ready && child(nodes.ready, 'timeout')
  const readyWithin = duration('timeout', within, findings) ?? tenSeconds
  const once = nodes.once === undefined ? false : readOption('once', flag, nodes.once, findings) === true
  return { command, ready, readyWithin, once }
}

const flag = {
  kind: 'flag',
  end: 'receiver',
  summary: 'Whether the receiver ends by itself after its sender.',
} as const

function readReady(node: SourceNode | undefined, findings: Findings, stop: Stop): CommandReady | undefined {
  if (node === undefined) return { kind: 'after', time: ns(200_000_000n) }
  const ways = entriesOf(node).filter(([key]) => ['port', 'line', 'after'].includes(key))
  const [way] = ways
  if (way === undefined || ways.length > 1) return stop(node, 'ready: expected one of port, line, after')
  const [kind, { value }] = way
  if (kind === 'after') {
    const time = duration('after', value, findings)
    return time === undefined ? undefined : { kind, time }
  }
  if (kind === 'line') {
    const pattern = readPattern('line', value, stop)
    return pattern === undefined ? undefined : { kind, pattern }
  }
  const protocol = value.kind === 'scalar' && value.value === true ? 'tcp' : textOf(value)
  if (protocol === 'tcp' || protocol === 'udp') return { kind: 'port', protocol }
  return stop(value, `port: ${expected('tcp or udp', value)}`)
}

/** A regular expression that compiles. */
export function readPattern(key: string, node: SourceNode, stop: Stop): string | undefined {
  const text = textOf(node)
  if (text === undefined) return stop(node, `${key}: ${expected('a regular expression', node)}`)
  try {
    new RegExp(text, 'm')
    return text
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*: /s, '').toLowerCase() : ''
    return stop(node, `${key}: '${text}' is no regular expression: ${reason}`)
  }
}

function duration(name: string, node: SourceNode | undefined, findings: Findings): Nanoseconds | undefined {
  const option = { kind: 'duration', end: 'sender', min: 0n, summary: 'Example: 5s.' } as const
  const value = readOption(name, option, node, findings)
  return typeof value === 'bigint' ? ns(value) : undefined
}

function readCodes(node: SourceNode | undefined, stop: Stop): readonly number[] {
  if (node === undefined) return [0]
  const codes = (node.kind === 'list' ? node.items : [node]).map(item =>
    item.kind === 'scalar' && typeof item.value === 'bigint' ? Number(item.value) : -1,
  )
  const isFit = codes.length > 0 && codes.every(code => code >= 0 && code <= 255)
  if (!isFit) stop(node, `ok_codes: ${expected('exit statuses, 0 to 255', node)}`)
  return codes
}

function readFigures(node: SourceNode | undefined, hasReceiver: boolean, stop: Stop): CommandDefinition['figures'] {
  if (node !== undefined && node.kind !== 'mapping') stop(node, `figures: ${expected('a mapping of names', node)}`)
  const read = entriesOf(node).map(([name, { value }]) => [name, readFigure(name, value, hasReceiver, stop)] as const)
  const whole = read.flatMap(([name, figure]): [string, CommandFigure][] =>
    figure === undefined ? [] : [[name, figure]],
  )
  return Object.fromEntries(whole)
}

/** Ports are given out at the receiving end: without a process there, nobody would listen on one. */
function findLonelyPorts(
  {
    sender,
    receiver,
    written,
  }: Pick<CommandDefinition, 'sender' | 'receiver'> & { written: ReadonlyMap<string, Entry> },
  stop: Stop,
): void {
  const node = written.get('sender')?.value
  if (node === undefined || written.has('receiver') || receiver !== undefined || portsIn(sender) === 0) return
  stop(node, 'sender: {port} is the port of a receiver, and there is none', "write 'receiver:', or the port itself")
}
