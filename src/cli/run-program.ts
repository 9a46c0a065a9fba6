import { type StdioOptions, spawn } from 'node:child_process'
import { LockstepError } from '../errors/error.ts'
import type { Io } from './io.ts'

export interface ProgramOptions {
  readonly limitMs: number
  /** Whether the program may read our stdin, to ask the user something. */
  readonly asks?: boolean
}

/** How a program ended, and everything that it printed on stdout; what it said on stderr is passed on. */
export interface ProgramEnd {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
}

/** More than the list of the largest inventory takes. */
const mostBytes = 256 << 20

/** Runs a program that the user named, in our folder and environment. Throws USAGE_FILE when it cannot be started or ended in time. */
export function runProgram(
  argv: readonly string[],
  io: Io,
  { limitMs, asks = false }: ProgramOptions,
): Promise<ProgramEnd> {
  const [program = '', ...args] = argv
  const stdio: StdioOptions = [asks ? 'inherit' : 'ignore', 'pipe', 'pipe']
  const child = spawn(program, args, { cwd: io.cwd, env: io.env as NodeJS.ProcessEnv, stdio })
  const refusal = (reason: string, cause?: unknown) =>
    new LockstepError('USAGE_FILE', `cannot run ${program}: ${reason}`, { cause })
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = []
    let bytes = 0
    const end = (error: LockstepError) => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      // A program of its own that it left behind may hold the pipes.
      child.stdout?.destroy()
      child.stderr?.destroy()
      reject(error)
    }
    const timer = setTimeout(() => end(refusal(`it has not ended after ${limitMs / 1000} s`)), limitMs)
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout.push(chunk)
      bytes += chunk.length
      if (bytes > mostBytes) end(refusal(`it prints more than ${mostBytes >> 20} MiB`))
    })
    child.stderr?.on('data', (chunk: Buffer) => io.stderr.write(chunk))
    child.on('error', cause =>
      end(refusal(reasons[(cause as NodeJS.ErrnoException).code ?? ''] ?? cause.message, cause)),
    )
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, stdout: Buffer.concat(stdout).toString('utf8') })
    })
  })
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file, or its first line names an interpreter that is missing',
  EACCES: 'permission denied',
  ENOEXEC: 'it is no program',
}

/** `exit 2`, or the signal that ended it. */
export const endingOf = ({ code, signal }: ProgramEnd): string =>
  signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`
