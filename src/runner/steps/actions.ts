import type { Action, TaskResult } from '../../playbook/step.ts'
import { pause } from '../../transport/deadline.ts'
import { toMs } from '../../units/quantity.ts'
import { plainResult, runCommand, runScript } from './command.ts'
import { pullFiles } from './pull.ts'
import { pushFiles } from './push.ts'
import type { TryAtHost } from './try.ts'
import { untilSo } from './wait.ts'

/** Carries out an action at a host, once. Throws a LockstepError when it cannot be done. */
export async function actAt(action: Action, at: TryAtHost): Promise<TaskResult> {
  switch (action.kind) {
    case 'command':
      return runCommand(action, at)
    case 'script':
      return runScript(action, at)
    case 'push':
      return pushFiles(action, at)
    case 'pull':
      return pullFiles(action, at)
    case 'wait_for': {
      const { signal, become } = at
      await untilSo(action.condition, at.door, { signal, become, everyMs: toMs(action.every) })
      return plainResult(false)
    }
    default:
      return actAnywhere(action, at.signal)
  }
}

type PlaceLess = Extract<Action, { kind: 'pause' | 'assert' | 'set' }>

/** What needs no host. */
export async function actAnywhere(action: PlaceLess, signal: AbortSignal): Promise<TaskResult> {
  if (action.kind === 'pause') await pause(toMs(action.length), signal)
  return plainResult(false)
}

/** Why an assert does not hold: its own message, or the claims. */
export function brokenClaims({ claims, message }: Extract<Action, { kind: 'assert' }>): string | undefined {
  const broken = claims.filter(({ holds }) => !holds).map(({ text }) => text)
  if (broken.length === 0) return undefined
  const said = `not so: ${broken.join('; ')}`
  return message === undefined ? said : `${message} (${said})`
}
