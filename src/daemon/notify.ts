import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { LockstepError } from '../errors/error.ts'
import { deadline, orAborted } from '../transport/deadline.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Tells the service manager how we are: sd_notify(3). */
export interface Notifier {
  /** We listen: who waited for us may start. Begins to feed the watchdog, if there is one. */
  ready(status: string): Promise<void>
  status(text: string): Promise<void>
  /** We are about to end, and the watchdog is fed no more. */
  stopping(): Promise<void>
}

/**
 * Undefined when nobody has asked to be told. Node has no datagram sockets in the file system, so systemd-notify(1) speaks for
 * us; it is there where systemd is, and it stays until systemd has seen to whom it belongs. Thus the unit has to have
 * `NotifyAccess=all`. `isWell` is asked before the watchdog is fed; `fault` hears that it could not be.
 */
export function notifierFor(
  env: Environment,
  isWell: () => boolean,
  fault: (error: Error) => void,
): Notifier | undefined {
  const socket = env['NOTIFY_SOCKET']
  if (socket === undefined || socket === '') return undefined
  const tell = (...fields: readonly string[]) => send(socket, fields)
  const everyMs = watchdogMs(env)
  let timer: NodeJS.Timeout | undefined
  let feeding: Promise<void> | undefined
  const feed = () => {
    if (feeding !== undefined || !isWell()) return
    feeding = tell('WATCHDOG=1')
      .catch(fault)
      .finally(() => {
        feeding = undefined
      })
  }
  return {
    ready: async status => {
      await tell('READY=1', statusField(status))
      if (everyMs !== undefined) timer = setInterval(feed, everyMs)
      timer?.unref()
    },
    status: text => tell(statusField(text)),
    stopping: async () => {
      clearInterval(timer)
      await feeding
      await tell('STOPPING=1')
    },
  }
}

/** How often it is fed: three times in its time. Another process of the service may be meant. */
export function watchdogMs(env: Environment, pid = process.pid): number | undefined {
  const { WATCHDOG_USEC: time, WATCHDOG_PID: whose } = env
  if (time === undefined || !/^[1-9]\d{0,15}$/.test(time) || (whose !== undefined && whose !== String(pid)))
    return undefined
  return Math.max(1, Math.floor(Number(time) / 3_000))
}

/** One line, whatever is in it. */
const statusField = (text: string) => `STATUS=${text.replaceAll(/[\x00-\x1f\x7f]/g, ' ')}`

/** systemd-notify waits for up to 5 s for systemd to have read what it sent. */
const sentWithinMs = 10_000

async function send(socket: string, fields: readonly string[]): Promise<void> {
  const child = spawn('systemd-notify', ['--', ...fields], {
    env: { PATH: '/usr/bin:/bin', NOTIFY_SOCKET: socket },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', chunk => {
    said += chunk
  })
  const late = () => new LockstepError('BOOK_NOTIFY', `systemd-notify did not end in ${sentWithinMs / 1000} s`)
  const limit = deadline(sentWithinMs, late)
  try {
    const [code] = await orAborted(once(child, 'close'), limit.signal)
    if (code !== 0) throw new LockstepError('BOOK_NOTIFY', `systemd was not told ${fields.join(', ')}: ${said.trim()}`)
  } catch (cause) {
    child.kill('SIGKILL')
    if (cause instanceof LockstepError) throw cause
    throw new LockstepError('BOOK_NOTIFY', `systemd-notify cannot be started: ${(cause as Error).message}`, { cause })
  } finally {
    limit.done()
  }
}
