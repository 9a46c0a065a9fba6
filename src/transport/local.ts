import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once, setMaxListeners } from 'node:events'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { LockstepError } from '../errors/error.ts'
import { type Door, viewAs } from './become.ts'
import { deadline, orAborted } from './deadline.ts'
import { type CommandProcess, runToEnd } from './exec.ts'
import type { Environment } from './ssh-settings.ts'
import type { HostConnection, Transport } from './transport.ts'

const forwardLimitMs = 10_000

/** The controller itself as a host: the same interface, child processes in sessions of their own. */
export function localTransport({ env }: { readonly env: Environment }): Transport {
  return { connect: async target => localConnection(target.name, env).as(target.become) }
}

function localConnection(name: string, env: Environment): HostConnection {
  const running = new Set<CommandProcess>()
  // The controller cannot lose itself: this never aborts, however many listen.
  const lost = new AbortController().signal
  setMaxListeners(0, lost)
  const open = async (argv: readonly string[]): Promise<CommandProcess> => {
    // Through a shell, so that all begins in the home folder and a missing program is exit status 127, as it is over ssh.
    const child = spawn('/bin/sh', ['-c', 'cd 2>/dev/null; exec "$@"', 'sh', ...argv], {
      env: env as NodeJS.ProcessEnv,
      stdio: 'pipe',
      detached: true,
    })
    await once(child, 'spawn')
    const command = commandOver(child)
    running.add(command)
    const forget = () => running.delete(command)
    command.ended.then(forget, forget)
    return command
  }
  const door: Door = {
    name,
    user: userInfo().username,
    lost,
    open,
    as: become => viewAs(door, become),
    exec: (argv, options) => runToEnd(name, argv, options, () => open(argv)),
    spawn: argv => open(argv),
    async forward(port, host = '127.0.0.1') {
      const late = () =>
        new LockstepError('SSH_FORWARD', `port ${port} of ${name} was not reached within ${forwardLimitMs / 1000} s`)
      const limit = deadline(forwardLimitMs, late)
      const socket = connect({ host, port, noDelay: true })
      try {
        await orAborted(once(socket, 'connect'), limit.signal)
        return socket
      } catch (error) {
        socket.destroy()
        if (error instanceof LockstepError) throw error
        const { message } = error as Error
        throw new LockstepError('SSH_FORWARD', `no connection to ${host} port ${port} on ${name}: ${message}`, {
          cause: error,
        })
      } finally {
        limit.done()
      }
    },
    async close() {
      for (const command of running) command.close()
    },
  }
  return door
}

function commandOver(child: ChildProcessWithoutNullStreams): CommandProcess {
  const { stdin, stdout, stderr } = child
  // A program that ends before it has read its input breaks the pipe; its exit status says the rest.
  stdin.on('error', () => undefined)
  const ended = new Promise<{ code: number | undefined; signal: string | undefined }>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }))
  })
  const exited = new Promise<{ code: number | undefined; signal: string | undefined }>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }))
  })
  for (const each of [ended, exited]) each.catch(() => undefined) // heard by whoever awaits it; nobody has to
  const close = () => {
    stdin.end()
    stdout.destroy()
    stderr.destroy()
    child.unref()
  }
  return {
    stdin,
    stdout,
    stderr,
    exited,
    ended,
    close,
    async kill() {
      if (child.exitCode === null && child.signalCode === null) killGroup(child.pid as number) // it was spawned
      close()
    },
  }
}

/** The child leads a group of its own. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // ESRCH: it has just ended by itself
  }
}
