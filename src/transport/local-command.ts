import { type ChildProcess, spawn } from 'node:child_process'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { LockstepError } from '../errors/error.ts'
import { deadline, orAborted } from './deadline.ts'
import type { LocalSession, LocalSessions } from './local-sessions.ts'
import type { ExecResult } from './transport.ts'

export interface LocalCommandOptions {
  readonly stdin?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly signal: AbortSignal
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void
  readonly sessions: LocalSessions
}

export type LocalCommand = { readonly argv: readonly string[] } | { readonly line: string }

/**
 * One command of the user's on the controller: an argv without a shell, a line by zx in the user's own shell. It leads a
 * session, of which nothing outlives an abort or its deadline (STEP_TIMEOUT).
 */
export async function runLocal(command: LocalCommand, options: LocalCommandOptions): Promise<ExecResult> {
  const what = 'argv' in command ? basename(command.argv[0] ?? '') : 'the command'
  const overflow = new AbortController()
  const late = () => new LockstepError('STEP_TIMEOUT', `${what} did not end within ${options.timeoutMs / 1000} s here`)
  const limit = deadline(options.timeoutMs, late, options.signal, overflow.signal)
  try {
    limit.signal.throwIfAborted()
    const started = await ('argv' in command ? startArgv(command.argv, options) : startLine(command.line, options))
    const { session } = started
    let left = options.maxBytes
    const collect = (stream: Readable, name: 'stdout' | 'stderr') => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => {
        left -= chunk.length
        if (left < 0)
          return overflow.abort(
            new LockstepError('STEP_OUTPUT', `${what} printed more than ${options.maxBytes} octets here`),
          )
        chunks.push(chunk)
        options.onOutput(name, chunk)
      })
      return chunks
    }
    const [stdout, stderr] = [collect(started.stdout, 'stdout'), collect(started.stderr, 'stderr')]
    const outcome = await orAborted(started.ended, limit.signal).catch(async error => {
      await session.end()
      throw error
    })
    session.leave()
    return { ...outcome, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) }
  } finally {
    limit.done()
  }
}

interface Started {
  readonly session: LocalSession
  readonly stdout: Readable
  readonly stderr: Readable
  readonly ended: Promise<Pick<ExecResult, 'code' | 'signal'>>
}

function startArgv(
  [program = '', ...args]: readonly string[],
  { env, cwd, stdin, sessions }: LocalCommandOptions,
): Promise<Started> {
  return new Promise((resolve, reject) => {
    const session = sessions.open()
    const child = spawn(program, args, { env: env as NodeJS.ProcessEnv, cwd, stdio: 'pipe', detached: true })
    session.leads(child.pid)
    child.stdin.on('error', () => undefined) // a program that ends before it has read its input
    child.stdin.end(stdin)
    const ended = endOf(child)
    child.on('spawn', () => resolve({ session, stdout: child.stdout, stderr: child.stderr, ended }))
    child.on('error', cause =>
      reject(new LockstepError('STEP_FAILED', `${program} cannot be run here: ${cause.message}`, { cause })),
    )
  })
}

/** Shells that stop at the first failure in a pipe as well; the others stop at the first failure. */
const withPipefail = new Set(['bash', 'zsh', 'ksh'])
const plainShells = new Set(['sh', 'dash', 'ash', 'mksh'])

async function startLine(line: string, { env, cwd, stdin, sessions }: LocalCommandOptions): Promise<Started> {
  const { $ } = await import('zx')
  const own = env['SHELL'] ?? ''
  const name = basename(own)
  // A shell that is not of this family (fish, nologin) does not understand what zx puts in front of the line.
  const shell = withPipefail.has(name) || plainShells.has(name) ? own : '/bin/sh'
  const prefix = withPipefail.has(basename(shell)) ? 'set -euo pipefail;' : 'set -eu;'
  const run = $({
    shell,
    prefix,
    postfix: '',
    cwd,
    env: env as NodeJS.ProcessEnv,
    input: stdin ?? '',
    quiet: true,
    nothrow: true,
    detached: true,
    // Words are not put into the line by us: it is the user's as it stands.
    quote: word => word,
  })
  const session = sessions.open()
  // A tagged template without values, made by hand: the line is not known before.
  const running = run(Object.assign([line], { raw: [line] }))
  session.leads(running.pid)
  const { child } = running
  if (child?.pid === undefined) {
    await running
    throw new LockstepError('STEP_FAILED', `the shell ${shell} cannot be run here`)
  }
  return { session, stdout: running.stdout, stderr: running.stderr, ended: endOf(child) }
}

/** A program in the background that keeps the outputs open holds nobody up for longer. */
const heldMs = 1_000

function endOf(child: ChildProcess): Started['ended'] {
  return new Promise(settle => {
    const end = (code: number | null, signal: NodeJS.Signals | null) => {
      settle({ code: code ?? undefined, signal: signal ?? undefined })
      child.stdout?.destroy()
      child.stderr?.destroy()
    }
    child.once('close', end)
    child.once('exit', (code, signal) => {
      const timer = setTimeout(() => end(code, signal), heldMs)
      child.once('close', () => clearTimeout(timer))
    })
  })
}
