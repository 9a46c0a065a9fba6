import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { LockstepError } from '../errors/error.ts'
import { becomeTrouble } from './become-trouble.ts'
import { deadline, orAborted } from './deadline.ts'
import { execMarked } from './marked.ts'
import type { Become, ExecOptions, ExecResult, HostConnection, RemoteProcess } from './transport.ts'

/** A link as its login has it: what views of it as another user are made of. */
export interface Door extends HostConnection {
  /** The user of the login. */
  readonly user: string
  open(argv: readonly string[], signal: AbortSignal): Promise<RemoteProcess>
}

const beginLimitMs = 30_000

/** The link as another user, or the link itself when its login is that user already. */
export const viewAs = (door: Door, become: Become | undefined): HostConnection =>
  become === undefined || become.user === door.user ? door : new View(door, become)

/** Everything through sudo; ends with its link, and is lost with it. */
class View implements HostConnection {
  readonly name: string
  readonly lost: AbortSignal
  readonly #door: Door
  readonly #become: Become

  constructor(door: Door, become: Become) {
    this.name = door.name
    this.lost = door.lost
    this.#door = door
    this.#become = become
  }

  as(become: Become | undefined): HostConnection {
    return viewAs(this.#door, become)
  }

  exec(argv: readonly string[], options: ExecOptions): Promise<ExecResult> {
    return execMarked(this, argv, options)
  }

  async spawn(argv: readonly string[], signal?: AbortSignal): Promise<RemoteProcess> {
    const { name } = this
    const late = () =>
      new LockstepError('HOST_BECOME', `sudo began nothing on ${name} within ${beginLimitMs / 1_000} s`)
    const limit = deadline(beginLimitMs, late, signal)
    return await this.open(argv, limit.signal).finally(limit.done)
  }

  async open(argv: readonly string[], signal: AbortSignal): Promise<RemoteProcess> {
    const { user, password, exe = 'sudo', flags = ['-H'] } = this.#become
    const mark = `lockstep-${randomUUID()}`
    const prompt = `${mark}?`
    const how = password === undefined ? ['-n'] : ['-S', '-p', prompt]
    const own = flags.filter(flag => flag !== '-n' && flag !== '-S')
    const words = [exe, ...how, ...own, '-u', user, '--', 'sh', '-c', saying, 'sh', mark, ...argv]
    const process = await this.#door.open(words, signal)
    const asked = { host: this.name, login: this.#door.user, user, password, prompt }
    return await begun(process, mark, asked, signal)
  }

  forward(port: number, host?: string): Promise<Duplex> {
    return this.#door.forward(port, host)
  }

  close(): Promise<void> {
    return this.#door.close()
  }
}

const saying = 'printf "%s\\n" "$1" >&2; shift; exec "$@"'

/** Who becomes whom, for messages, and what answers the prompt. */
export interface Asked {
  readonly host: string
  readonly login: string
  readonly user: string
  readonly password?: string | undefined
  readonly prompt?: string
}

/**
 * Waits until `mark` stands on a line of stderr: from then on all three streams are the program's own. The password is
 * given only to a prompt, so that it cannot reach the program, and once, so that a wrong one costs one try.
 */
export async function begun(
  process: RemoteProcess,
  mark: string,
  asked: Asked,
  signal: AbortSignal,
): Promise<RemoteProcess> {
  try {
    await orAborted(untilMarked(process, mark, asked), signal)
    return process
  } catch (error) {
    process.close()
    throw error
  }
}

function untilMarked(process: RemoteProcess, mark: string, asked: Asked): Promise<void> {
  const { stdin, stderr } = process
  const { prompt, password } = asked
  return new Promise((resolve, reject) => {
    let said = Buffer.alloc(0)
    let given = false
    const failed = (code?: number) => {
      stderr.off('readable', hear)
      const words = said
        .toString('utf8')
        .replaceAll(prompt ?? mark, '')
        .replaceAll(mark, '')
      reject(becomeTrouble(asked, words, { code, given }))
    }
    const hear = () => {
      said = Buffer.concat([said, stderr.read() ?? Buffer.alloc(0)])
      const line = Buffer.from(`${mark}\n`)
      const at = said.indexOf(line)
      if (at >= 0) {
        stderr.off('readable', hear)
        // What follows is the program's.
        if (at + line.length < said.length) stderr.unshift(said.subarray(at + line.length))
        return resolve()
      }
      const prompts = prompt === undefined ? 0 : said.toString('latin1').split(prompt).length - 1
      if (prompts > 1) return failed()
      if (prompts === 1 && !given && password !== undefined) {
        given = true
        stdin.write(`${password}\n`)
      }
    }
    // Not 'data': a stream that was read by 'readable' flows again for whoever listens next.
    stderr.on('readable', hear)
    // Its output is not read yet, so its channel does not close.
    const silent = new Promise(resolve => stderr.once('end', resolve))
    Promise.all([process.exited, silent]).then(([{ code }]) => failed(code), reject)
  })
}
