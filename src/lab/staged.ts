import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { LockstepError } from '../errors/error.ts'
import { searchPath } from './program.ts'
import { settleAll } from './settle.ts'

const deadlineMs = 30_000

/** A script that says how far it is and waits for our word. It ends when we do. */
export interface Staged {
  readonly pid: number
  /** The next line it prints; throws what it complained about when it ends without one. */
  line(): Promise<string>
  /** Lets it go on. */
  go(): void
  /** Fulfilled when everything it started has let go of our pipes: its last process runs on its own. */
  released(): Promise<void>
  /** Lets it end where it waits; done when it has. */
  abandon(): Promise<void>
  /** What it complained about so far. */
  complaints(): string
}

/** Starts a script in a session of its own, so that no terminal takes it along. It inherits the lab's lock as 3. */
export async function stage(argv: readonly string[], lock: number): Promise<Staged> {
  const [program = '', ...args] = argv
  const child = spawn(program, args, {
    // The lines do not go to stdin: Node closes that when the script ends, but its last process still reads.
    stdio: ['ignore', 'pipe', 'pipe', lock, 'pipe'],
    detached: true,
    cwd: '/',
    env: { PATH: searchPath(), LC_ALL: 'C' },
  })
  await once(child, 'spawn')
  return staged(child, args)
}

function staged(child: ChildProcess, args: readonly string[]): Staged {
  const [, stdout, stderr, , orders] = child.stdio as unknown as [null, Readable, Readable, null, Writable]
  let complaints = ''
  stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  // A script that has ended says so by its missing line.
  orders.on('error', () => {})
  const lines = createInterface(stdout)[Symbol.asyncIterator]()
  const closed = once(child, 'close')
  const name = `a lab's set-up (${args.slice(0, 5).join(' ')})`
  const end = async () => {
    orders.end()
    await within(closed, `${name} does not end`)
  }
  return {
    pid: child.pid ?? 0,
    async line() {
      const { value, done } = await within(lines.next(), `${name} said nothing`)
      if (done !== true) return value
      await end()
      throw new LockstepError('LAB_SETUP', `${name} failed: ${complaints.trim() || 'it said nothing'}`)
    },
    go: () => void orders.write('\n'),
    released: end,
    abandon: end,
    complaints: () => complaints.trim(),
  }
}

/**
 * Ends scripts after a failure and gives its first cause: what a script complained about, for the failure is then only
 * that something was not there any more.
 */
export async function abandonAll(scripts: readonly Staged[], failure: unknown): Promise<unknown> {
  await settleAll(scripts.map(script => script.abandon()))
  const complaint = scripts.map(script => script.complaints()).find(text => text !== '')
  return complaint === undefined ? failure : new LockstepError('LAB_SETUP', complaint, { cause: failure })
}

async function within<T>(promise: Promise<T>, late: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const alarm = new Promise<never>((_, reject) => {
    const text = `${late} within ${deadlineMs / 1000} s`
    timer = setTimeout(() => reject(new LockstepError('LAB_SETUP', text)), deadlineMs)
  })
  try {
    return await Promise.race([promise, alarm])
  } finally {
    clearTimeout(timer)
  }
}
