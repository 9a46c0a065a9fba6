import { accessSync, constants } from 'node:fs'
import { connect } from 'node:net'
import { resolve } from 'node:path'
import { LockstepError } from '../../errors/error.ts'
import type { Action, TaskResult } from '../../playbook/step.ts'
import { type LocalCommand, runLocal } from '../../transport/local-command.ts'
import type { LocalSessions } from '../../transport/local-sessions.ts'
import { toMs } from '../../units/quantity.ts'
import { actAnywhere } from './actions.ts'
import { mostOutput, plainResult, readLocal, resultOf } from './command.ts'
import type { HostDoor } from './doors.ts'
import type { TryAtHost } from './try.ts'
import { untilSo } from './wait.ts'

/** One try at the controller itself: commands begin in the playbook's folder. */
export interface TryHere extends Omit<TryAtHost, 'door' | 'become'> {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where commands begin. */
  readonly playbookFolder: string
  readonly sessions: LocalSessions
}

export async function actHere(action: Action, at: TryHere): Promise<TaskResult> {
  switch (action.kind) {
    case 'command':
      return commandHere(action.command, action, at)
    case 'script': {
      const file = resolve(at.workFolder, action.file)
      return commandHere({ argv: [...interpreterOf(file), file, ...action.args] }, action, at)
    }
    case 'wait_for':
      await untilSo(action.condition, hereAsHost(at), { signal: at.signal, everyMs: toMs(action.every) })
      return plainResult(false)
    case 'push':
    case 'pull':
      throw new LockstepError('STEP_FAILED', `a ${action.kind} needs a host: there is nothing to copy on: local`)
    default:
      return actAnywhere(action, at.signal)
  }
}

async function commandHere(
  command: LocalCommand,
  { stdin, env, cwd }: Pick<Extract<Action, { kind: 'command' }>, 'stdin' | 'env' | 'cwd'>,
  { env: own, playbookFolder, timeoutMs, signal, output, sessions }: TryHere,
): Promise<TaskResult> {
  const options = { stdin, env: { ...own, ...env }, cwd: resolve(playbookFolder, cwd ?? '.'), sessions }
  return resultOf(
    await runLocal(command, { ...options, timeoutMs, signal, maxBytes: mostOutput, onOutput: output.add }),
  )
}

/** A script that is no program of its own is one of sh. */
function interpreterOf(file: string): readonly string[] {
  const isScript = readLocal(file).subarray(0, 2).toString('latin1') === '#!'
  try {
    accessSync(file, constants.X_OK)
    return isScript ? [] : ['sh']
  } catch {
    return ['sh']
  }
}

/** For what is waited for in the same way here and there. */
function hereAsHost({ env, playbookFolder, output, sessions }: TryHere): HostDoor {
  return {
    name: 'local',
    folder: playbookFolder,
    shell: 'sh',
    lost: new AbortController().signal,
    exec: (argv, { stdin: _, become: __, cwd = playbookFolder, maxBytes = mostOutput, ...more }) =>
      runLocal(
        { argv },
        { ...more, env: { ...env, ...more.env }, cwd, maxBytes, onOutput: more.onOutput ?? output.add, sessions },
      ),
    fetch: () => Promise.reject(new TypeError('nothing is fetched from the controller itself')),
    forward: (port, address) =>
      new Promise((settle, reject) => {
        const socket = connect({ host: address, port })
        socket.once('connect', () => settle(socket))
        socket.once('error', cause =>
          reject(new LockstepError('SSH_FORWARD', `no connection to ${address} port ${port}: ${cause.message}`)),
        )
      }),
    undo: () => Promise.resolve(),
    forget: () => Promise.resolve(),
  }
}
