import { randomUUID } from 'node:crypto'
import { LockstepError } from '../errors/error.ts'
import { begun } from './become.ts'
import { orAborted } from './deadline.ts'
import { type CommandProcess, runToEnd } from './exec.ts'
import { quoteArgvOnOneLine } from './quote.ts'
import { beginScript, commandScript } from './tether-command.sh.ts'
import type { CommandOptions } from './tether-contract.ts'
import { numeral } from './tether-lines.ts'
import type { ExecResult, HostConnection, RemoteProcess } from './transport.ts'
import type { Worker } from './worker.ts'

/** What a command needs of the tether that can end it. */
export interface Ending {
  readonly folder: string
  readonly lost: AbortSignal
  /** Ends the command with everything in its session, or keeps it from beginning. */
  cut(): Promise<void>
  /** What begins commands there without a channel each; undefined where there is no such thing. */
  worker(): Promise<Worker | undefined>
}

/** The exit status of a command that the host's side of it did not begin. */
const refused = 143
/** The worker has all of the input before the command begins. */
const mostWorkerInput = 1 << 20

/** Runs a command in a session that the tether knows under the number `n`: by the worker, or on a channel of its own. */
export async function runCommand(
  connection: HostConnection,
  tether: Ending,
  n: number,
  argv: readonly string[],
  options: CommandOptions,
): Promise<ExecResult> {
  const mark = `lockstep-${randomUUID()}`
  const signals = [tether.lost, options.signal].filter(signal => signal !== undefined)
  const own = { ...options, signal: AbortSignal.any(signals) }
  const settings = settingsLine(options.env)
  const words = commandWords(tether.folder, n, mark, argv, options)
  const open = async (signal: AbortSignal) => {
    const worker = canBeWorked(options) ? await orAborted(tether.worker(), signal) : undefined
    if (worker !== undefined) {
      const { question } = options
      return endable(
        question === undefined ? worker.begin(n, argv, { ...options, mark }) : worker.ask(n, question),
        tether,
      )
    }
    const process = await connection.spawn(words, signal).catch(giveUp(tether))
    if (options.become !== undefined) {
      const user = options.become === false ? 'the login' : options.become.user
      await begun(process, mark, { host: connection.name, login: 'the supervisor', user }, signal).catch(giveUp(tether))
    }
    if (settings !== '') process.stdin.write(`${settings}\n`)
    return endable(process, tether)
  }
  const result = await runToEnd(connection.name, argv, own, open, options.lateCode ?? 'STEP_TIMEOUT')
  const refusal =
    result.code === refused ? new RegExp(`${mark} (.*)`).exec(result.stderr.toString('utf8'))?.[1] : undefined
  if (refusal !== undefined)
    throw new LockstepError('HOST_TETHER', `a command cannot begin on ${connection.name}: ${refusal}`)
  return result
}

const canBeWorked = ({ become, stdin = '' }: CommandOptions): boolean =>
  become === undefined && stdin.length <= mostWorkerInput

/** Nothing of it begins any more once this has failed, though its channel may open yet. */
const giveUp = (tether: Ending) => async (error: unknown) => {
  if (!tether.lost.aborted) await tether.cut()
  throw error
}

const endable = (process: RemoteProcess, tether: Ending): CommandProcess => ({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  exited: process.exited,
  ended: process.ended,
  close: () => process.close(),
  mayLeave: true,
  async kill() {
    // Without its tether it ends as everything does.
    if (!tether.lost.aborted) await tether.cut()
    process.close()
  },
})

export function commandWords(
  folder: string,
  n: number,
  mark: string,
  argv: readonly string[],
  { become, cwd = '', env = {} }: Pick<CommandOptions, 'become' | 'cwd' | 'env'>,
): readonly string[] {
  const as = become === undefined ? '' : become === false ? '-' : become.user
  const setting = Object.keys(env).length === 0 ? '' : 'env'
  const own = [commandScript, `${folder}/.tether`, numeral(n), mark, as, cwd, setting, beginScript]
  return ['sh', '-c', 'eval "$1"', 'sh', ...own, ...argv]
}

/** One line that a shell on the other side reads and runs; empty without variables. */
function settingsLine(env: Readonly<Record<string, string>> = {}): string {
  const odd = Object.keys(env).find(name => !/^[A-Za-z_]\w*$/.test(name))
  if (odd !== undefined) throw new LockstepError('STEP_PROCESS', `no variable can be called '${odd}'`)
  const words = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  return words.length === 0 ? '' : `export ${quoteArgvOnOneLine(words)}`
}
