import type { CommandDefinition, CommandFigure, CommandLine, CommandReady } from '../playbook/command-definition.ts'
import { filledIn, type PlaceValues, portsIn } from '../playbook/command-words.ts'
import type { ToolDescription } from '../playbook/tool-description.ts'
import { type FigureDescription, figureKinds } from '../units/figure-kind.ts'
import { figureUnits } from '../units/figure-unit.ts'
import { ns, toMs } from '../units/quantity.ts'
import { readFigure } from './command-figures.ts'
import {
  endingOf,
  endpoint,
  type FlowSite,
  faulty,
  lastWords,
  type Outputs,
  type Reading,
  reading,
  type TrafficReady,
  type TrafficTool,
} from './traffic-tool.ts'

/** Many print their results only when they are ended, so that waiting for long would be in vain. */
const ownReport = ns(500_000_000n)

/** The tool as a playbook knows it before a flow says what its commands are. */
export const commandDescription: ToolDescription = {
  name: 'command',
  options: {},
  refused: {},
  figures: {},
  definedBy: commandTool,
  settle: flows => flows.map(({ sender, receiver }) => ({ sender, receiver, faults: [] })),
  withoutFigure: () => undefined,
}

/** The tool of one flow: its figures are those that the definition names, and it has no options. */
export function commandTool(definition: CommandDefinition): TrafficTool & ToolDescription {
  const { sender, receiver, lasts, grace, figures } = definition
  const ports = receiver === undefined ? 0 : portsIn(sender, receiver.command)
  return {
    name: 'command',
    options: {},
    refused: {},
    definition,
    figures: Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, descriptionOf(figure)])),
    settle: commandDescription.settle,
    sharing: () => receiver && sharingFault(receiver, figures),
    groups: () => undefined,
    withoutFigure: commandDescription.withoutFigure,
    asksForV6: () => false,
    programs: { sender: undefined, receiver: undefined },
    ports: () => (ports === 0 ? [] : [{ at: 'receiver', count: ports, first: 5301 }]),
    receiver: site =>
      receiver && {
        argv: argvOf(receiver.command, site),
        ready: readyOf(receiver.ready, site.ports[0] ?? 0),
        readyWithin: receiver.readyWithin,
        oneShot: receiver.once,
        ...(receiver.once ? {} : { reportsWithin: ownReport }),
        keepsOutput: true,
      },
    sender: site => ({
      argv: argvOf(sender, site),
      start: 'released',
      lasts,
      grace,
    }),
    read: outputs => readCommand(definition, outputs),
  }
}

/** Nobody knows what in the output of a program of somebody else belongs to which sender. */
function sharingFault(
  { command, once }: NonNullable<CommandDefinition['receiver']>,
  figures: CommandDefinition['figures'],
): string | undefined {
  const words = 'argv' in command ? command.argv : [command.line]
  if (once) return "a receiver that ends 'once' it has served a sender cannot serve several"
  if (words.some(word => word.includes('{from}'))) return '{from} is another address for each sender of a receiver'
  const [name] = Object.entries(figures).find(([, { of }]) => of === 'receiver') ?? []
  return name === undefined
    ? undefined
    : `figure '${name}' stands in the output of a receiver that serves several senders`
}

function descriptionOf({ source, unit, of, take }: CommandFigure): FigureDescription {
  const { kind } = figureUnits[unit]
  const place =
    source.kind === 'json' ? source.path : source.kind === 'regex' ? source.pattern : `column ${source.column}`
  const summary = `${figureKinds[kind].article} in the output of the ${of}: ${place}.`
  return { kind, shape: take === 'all' ? 'spread' : 'one', summary }
}

function readyOf(ready: CommandReady, port: number): TrafficReady {
  switch (ready.kind) {
    case 'port':
      return { kind: 'listening', protocol: ready.protocol, port }
    case 'line':
      return { kind: 'log', pattern: new RegExp(ready.pattern) }
    case 'after':
      return { kind: 'lasting', forMs: toMs(ready.time) }
  }
}

/** Values that the run knows, put into words: a word of an argv stays one word whatever they hold. */
function argvOf(command: CommandLine, { to, from, ports, folder }: FlowSite): readonly string[] {
  const values = { address: endpoint(to), from: endpoint(from), port: ports[0] ?? 0, folder }
  if ('argv' in command) return command.argv.map(word => filledIn(word, values))
  return ['sh', '-c', filledIn(command.line, inShell(values))]
}

/** In a line for the shell only what no shell takes apart. `$RUN` stands for the folder in a plan. */
function inShell(values: PlaceValues): PlaceValues {
  for (const value of [values.address, values.from, values.folder])
    if (!/^[\w.:%/+,@$-]*$/.test(value)) throw new TypeError(`'${value}' cannot stand in a shell line`)
  return values
}

/** How a receiver ends says something only where it was to end by itself. */
function readCommand({ okCodes, receiver: given, figures }: CommandDefinition, { sender, receiver }: Outputs): Reading {
  if (sender.code === undefined || !okCodes.includes(sender.code))
    return faulty(undefined, `the sender ${endingOf(sender)}: ${lastWords(sender)}`)
  if (given?.once === true && receiver !== undefined && receiver.code !== 0)
    return faulty(undefined, `the receiver ${endingOf(receiver)}: ${lastWords(receiver)}`)
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
