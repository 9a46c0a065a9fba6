import { formatDuration } from '../units/duration.ts'
import type { CommandDefinition, CommandFigure, CommandLine, CommandReceiver } from './command-definition.ts'

/** A definition as a playbook would have it, with every default filled in. */
export const writtenCommand = ({ sender, receiver, okCodes, lasts, grace, figures }: CommandDefinition) => ({
  ...(receiver === undefined ? {} : writtenReceiver(receiver)),
  sender: writtenLine(sender),
  ok_codes: [...okCodes],
  ...(lasts === undefined ? {} : { lasts: formatDuration(lasts) }),
  grace: formatDuration(grace),
  figures: Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, writtenFigure(figure)])),
})

const writtenLine = (command: CommandLine) => ('line' in command ? command.line : [...command.argv])

function writtenReceiver({ command, ready, readyWithin, once }: CommandReceiver) {
  const timeout = formatDuration(readyWithin)
  const way =
    ready.kind === 'port'
      ? { port: ready.protocol }
      : ready.kind === 'line'
        ? { line: ready.pattern }
        : { after: formatDuration(ready.time) }
  return { receiver: writtenLine(command), ready: { ...way, timeout }, once }
}

function writtenFigure({ source, unit, of, take }: CommandFigure) {
  const place =
    source.kind === 'json'
      ? { json: source.path }
      : source.kind === 'regex'
        ? { regex: source.pattern }
        : { csv: source.column }
  return { ...place, unit, of, take }
}
