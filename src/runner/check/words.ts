import type { Action, WaitCondition } from '../../playbook/step.ts'
import { formatDuration } from '../../units/duration.ts'
import { readable } from '../plan.ts'

type Command = { readonly argv: readonly string[] } | { readonly line: string }

/** What an action would do, in words. Values of the environment and the input are not said: secrets may stand there. */
export function actionInWords(action: Action): string {
  switch (action.kind) {
    case 'command':
      return `run: ${commandInWords(action.command)}${surroundings(action)}`
    case 'script':
      return `run the script ${[action.file, ...action.args].map(readable).join(' ')}${surroundings(action)}`
    case 'push':
      return `push ${'path' in action.from ? action.from.path : `what ${action.from.template} becomes`} to ${action.to}`
    case 'pull':
      return `pull ${action.from.join(' ')}`
    case 'wait_for':
      return `wait until ${conditionInWords(action.condition)}`
    case 'pause':
      return `pause for ${formatDuration(action.length)}`
    case 'assert':
      return `claim: ${action.claims.map(({ text }) => text).join('; ')}`
    case 'set':
      return `set ${[...action.values.keys()].join(', ')}`
  }
}

/** A shell line as it stands, an argv as one would type it. */
const commandInWords = (command: Command): string =>
  'argv' in command ? command.argv.map(readable).join(' ') : command.line.trimEnd()

function surroundings({ cwd, env, stdin }: Pick<Extract<Action, { kind: 'command' }>, 'cwd' | 'env' | 'stdin'>) {
  const names = Object.keys(env)
  const parts = [
    ...(cwd === undefined ? [] : [`in ${cwd}`]),
    ...(names.length === 0 ? [] : [`with ${names.join(', ')} in its environment`]),
    ...(stdin === undefined ? [] : ['with something on its input']),
  ]
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

function conditionInWords(condition: WaitCondition): string {
  switch (condition.kind) {
    case 'port':
      return `${condition.address} port ${condition.port} accepts connections`
    case 'file':
      return `${condition.path} is ${condition.absent ? 'gone' : 'there'}`
    case 'log':
      return `a line of ${condition.path} matches ${condition.pattern.source}`
    case 'command':
      return `this succeeds: ${commandInWords(condition.command)}`
  }
}
