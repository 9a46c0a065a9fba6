import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { LockstepError } from '../errors/error.ts'

/**
 * The system's own folders first: a lab host sees no others, `su` leaves sbin out, and shims in front would cost more
 * than the programs.
 */
export const searchPath = (env: NodeJS.ProcessEnv = process.env) =>
  ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin', env['PATH'] ?? ''].join(':')

export interface ProgramOptions {
  readonly input?: string
  /** Descriptors that the program inherits as 3, 4, …; one that carries a lock is held until the program ends. */
  readonly inherit?: readonly number[]
  readonly timeoutMs?: number
  /** Where programs are looked for: searchPath() unless it is said. */
  readonly path?: string | undefined
}

/** Runs a program to its end and gives what it printed; throws what it complained about. */
export async function run(argv: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const { code, signal, stdout, stderr } = await attempt(argv, options)
  if (code === 0) return stdout
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`
  throw new LockstepError('LAB_SETUP', `${argv[0]} failed (${how}): ${stderr.trim() || 'it said nothing'}`, {
    hint: `the command was: ${argv.join(' ')}`,
  })
}

export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end, whatever the end is. */
export async function attempt(argv: readonly string[], options: ProgramOptions = {}): Promise<Outcome> {
  const [program = '', ...args] = argv
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe', ...(options.inherit ?? [])],
    env: { ...process.env, PATH: options.path ?? searchPath(), LC_ALL: 'C' },
  })
  // spawn's own `timeout` forgets its timer, and so keeps the process, when the program cannot be started at all.
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 60_000)
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  // A program that ends before it has read its input says so by its exit code.
  child.stdin?.on('error', () => {})
  child.stdin?.end(options.input ?? '')
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    return { code, signal, stdout, stderr }
  } finally {
    clearTimeout(timer)
  }
}
