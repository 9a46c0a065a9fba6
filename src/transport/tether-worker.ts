import { randomUUID } from 'node:crypto'
import { LockstepError } from '../errors/error.ts'
import { deadline, orAborted } from './deadline.ts'
import { commandWords } from './tether-command.ts'
import type { HostConnection } from './transport.ts'
import { workerScript } from './worker.pl.ts'
import { type Worker, workerOn } from './worker.ts'

const workerLimitMs = 20_000

/** Opens the worker of a host as a command with the number `n`; undefined where there is no perl. */
export async function openWorker(connection: HostConnection, folder: string, n: number): Promise<Worker | undefined> {
  const mark = `lockstep-${randomUUID()}`
  const argv = ['perl', '-e', workerScript, mark, `${folder}/.tether`]
  const process = await connection.spawn(commandWords(folder, n, mark, argv, {}))
  const late = () => new LockstepError('HOST_TETHER', `perl did not start on ${connection.name} in time`)
  const limit = deadline(workerLimitMs, late, connection.lost)
  try {
    return await orAborted(workerOn(connection.name, process, mark), limit.signal)
  } catch (error) {
    process.close()
    throw error
  } finally {
    limit.done()
  }
}

/** The worker of one tether: opened when it is wanted, and another one when that has ended. */
export class LazyWorker {
  readonly #open: () => Promise<Worker | undefined>
  #worker: Promise<Worker | undefined> | undefined
  #isFirst = true

  constructor(open: () => Promise<Worker | undefined>) {
    this.#open = open
  }

  get(): Promise<Worker | undefined> {
    if (this.#worker === undefined) {
      const forget = () => {
        this.#worker = undefined
      }
      this.#worker = this.#open()
      this.#worker.then(worker => worker?.gone.addEventListener('abort', forget, { once: true }), forget)
    }
    return this.#worker
  }

  /** How the next command gets it: one command alone is not worth a worker. */
  forNext(): () => Promise<Worker | undefined> {
    const alone = this.#isFirst && this.#worker === undefined
    this.#isFirst = false
    return async () => (alone ? undefined : await this.get())
  }

  async close(): Promise<void> {
    const worker = await this.#worker?.catch(() => undefined)
    await worker?.close()
  }
}
