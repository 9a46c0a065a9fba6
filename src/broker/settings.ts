import { parseArgs } from 'node:util'
import { LockstepError } from '../errors/error.ts'

/** What the forced command says: none of it comes from the client. */
export interface BrokerSettings {
  readonly limits: string
  readonly socket: string
  /** Undefined: the key that was shown says who it is. */
  readonly identity: string | undefined
  /** A file that lines are added to; undefined: the system's log. */
  readonly log: string | undefined
}

export const usualLimits = '/etc/lockstep/limits.yml'
export const usualSocket = '/run/lockstepd/book.sock'

export function settingsIn(argv: readonly string[]): BrokerSettings {
  const options = { limits: one, socket: one, identity: one, log: one } as const
  try {
    const { limits = usualLimits, socket = usualSocket, identity, log } = parseArgs({ args: [...argv], options }).values
    return { limits, socket, identity, log }
  } catch (cause) {
    throw new LockstepError('USAGE_COMMAND', (cause as Error).message, { cause })
  }
}

const one = { type: 'string' } as const

/** `exec`: as ssh clients save the account's shell a process. */
const asked = ['lockstep-broker', 'exec lockstep-broker', "exec 'lockstep-broker'"]

/** Whether the client wants what it gets. One that wants a shell, or any other program, is to know that it has none. */
export const isMeant = (original: string | undefined): boolean => original !== undefined && asked.includes(original)
