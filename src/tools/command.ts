import type { FigureDescription } from '../units/figure-kind.ts'
import type { Nanoseconds } from '../units/quantity.ts'
import { type CommandFigure, commandUnits, isSpread, readFigure } from './command-figures.ts'
import {
  endingOf,
  type FlowSite,
  faulty,
  lastWords,
  type Outputs,
  type Reading,
  reading,
  type TrafficReady,
  type TrafficTool,
} from './traffic-tool.ts'

/** A pair of commands of the user's own, as a playbook describes it. */
export interface CommandDefinition {
  /** In every word `$TO`, `$FROM`, `$PORT`, `$PORT2` … and `$RUN` stand for what the run knows; no shell sees them. */
  readonly sender: readonly string[]
  readonly receiver?: readonly string[]
  /** How the receiver shows that it is ready; default: it lasts for 200 ms. */
  readonly ready?:
    | { readonly kind: 'listening'; readonly protocol: 'tcp' | 'udp' }
    | { readonly kind: 'log'; readonly pattern: string }
    | { readonly kind: 'lasting'; readonly forMs: number }
  /** Free ports that it needs at the receiving host, one after the other. Default 1 with a receiver, else 0. */
  readonly ports?: number
  /** What is waited for the sender at most. */
  readonly deadline: Nanoseconds
  readonly figures: Readonly<Record<string, CommandFigure>>
}

/** The tool of such a pair: its figures are those that the definition names, and it has no options. */
export function commandTool(definition: CommandDefinition): TrafficTool {
  const { receiver, deadline, figures, ports = receiver === undefined ? 0 : 1 } = definition
  return {
    name: 'command',
    options: {},
    refused: {},
    figures: Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, descriptionOf(figure)])),
    settle: flows => flows.map(({ sender, receiver: atReceiver }) => ({ sender, receiver: atReceiver, faults: [] })),
    withoutFigure: () => undefined,
    asksForV6: () => false,
    programs: { sender: undefined, receiver: undefined },
    ports: () => (ports === 0 ? [] : [{ at: 'receiver', count: ports, first: 5301 }]),
    receiver: site =>
      receiver === undefined
        ? undefined
        : {
            argv: filledIn(receiver, site, ports),
            ready: readyOf(definition, site.ports[0] ?? 0),
            oneShot: false,
            keepsOutput: true,
          },
    sender: site => ({
      argv: filledIn(definition.sender, site, ports),
      start: 'released',
      lasts: deadline,
      grace: 0n as Nanoseconds,
    }),
    read: outputs => readCommand(figures, outputs),
  }
}

function descriptionOf(figure: CommandFigure): FigureDescription {
  const { kind } = commandUnits[figure.unit]
  const place = figure.json ?? figure.regex ?? `column ${figure.csv}`
  const shape = isSpread(figure) ? 'spread' : 'one'
  return { kind, shape, summary: `From the output of the ${figure.of ?? 'sender'}: ${place}.` }
}

function readyOf({ ready }: CommandDefinition, port: number): TrafficReady {
  switch (ready?.kind) {
    case 'listening':
      return { ...ready, port }
    case 'log':
      return { kind: 'log', pattern: new RegExp(ready.pattern) }
    default:
      return { kind: 'lasting', forMs: ready?.forMs ?? 200 }
  }
}

/** Values that the run knows, put into words: a word stays one word whatever they hold. */
function filledIn(argv: readonly string[], { to, from, ports, folder }: FlowSite, count: number): string[] {
  const first = ports[0] ?? 0
  const places: Readonly<Record<string, string>> = {
    TO: to,
    FROM: from,
    RUN: folder,
    ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`PORT${i === 0 ? '' : i + 1}`, String(first + i)])),
  }
  return argv.map(word => word.replaceAll(/\$([A-Z]+\d*)/g, (whole, name: string) => places[name] ?? whole))
}

/** Names behind a dollar that mean nothing here: most likely misspelt, for no shell sees them. */
export function unknownPlaces({ sender, receiver = [], ports = 1 }: CommandDefinition): readonly string[] {
  const known = new Set([
    'TO',
    'FROM',
    'RUN',
    ...Array.from({ length: ports }, (_, i) => `PORT${i === 0 ? '' : i + 1}`),
  ])
  const used = [...sender, ...receiver].flatMap(word =>
    [...word.matchAll(/\$([A-Z]+\d*)/g)].map(([, name = '']) => name),
  )
  return [...new Set(used)].filter(name => !known.has(name))
}

/** The receiver is ended by the run, so how it ends says nothing. */
function readCommand(figures: Readonly<Record<string, CommandFigure>>, { sender, receiver }: Outputs): Reading {
  if (sender.code !== 0) return faulty(undefined, `the sender ${endingOf(sender)}: ${lastWords(sender)}`)
  const found = Object.entries(figures).map(([name, figure]) => {
    const output = figure.of === 'receiver' ? receiver : sender
    if (output === undefined) return [name, { fault: `${name}: the output of the receiver was lost` }] as const
    return [name, readFigure(name, figure, output.stdout)] as const
  })
  const faults = found.flatMap(([, each]) => ('fault' in each ? [each.fault] : []))
  if (faults.length > 0) return faulty(undefined, ...faults)
  return reading(
    undefined,
    Object.fromEntries(found.flatMap(([name, each]) => ('fault' in each ? [] : [[name, each]]))),
  )
}
