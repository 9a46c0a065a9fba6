import { Listr, type ListrTaskObject } from 'listr2'
import { type Phase, phases } from '../runner/events.ts'

type Ending = 'done' | 'failed' | 'skipped'

export interface Drawing {
  open(): void
  draw(): void
  close(): void
}

const framesPerSecond = 8

/** listr2's renderer of the phases: a timer of our own, since listr2's default renderer stalls the event loop. */
class PhaseRenderer {
  // Whether there is a terminal was decided on the stream we were given; listr2 would ask process.stdout.
  static nonTTY = true
  static rendererOptions: { drawing: Drawing }
  static rendererTaskOptions: Record<never, never>
  readonly #drawing: Drawing
  #timer: NodeJS.Timeout | undefined

  constructor(_tasks: ListrTaskObject<unknown>[], { drawing }: { drawing: Drawing }) {
    this.#drawing = drawing
  }

  render(): void {
    this.#drawing.open()
    this.#drawing.draw()
    this.#timer = setInterval(() => this.#drawing.draw(), 1000 / framesPerSecond)
    this.#timer.unref()
  }

  end(): void {
    clearInterval(this.#timer)
    this.#drawing.close()
  }
}

/** The phases of a run as listr2 tasks: each waits for its ending, and drawing goes on until the last has one. */
export class PhaseTasks {
  readonly #endings = new Map<Phase, (ending: Ending) => void>()
  readonly #finished: Promise<unknown>

  constructor(drawing: Drawing) {
    const tasks = phases.map(phase => {
      const ended = new Promise<Ending>(resolve => this.#endings.set(phase, resolve))
      return {
        title: phase,
        async task(_: unknown, self: { skip(): void }) {
          const ending = await ended
          if (ending === 'skipped') self.skip()
          if (ending === 'failed') throw new Error(`${phase} failed`)
        },
      }
    })
    this.#finished = new Listr(tasks, {
      // All wait at once: a phase may be left out, or go on beside another.
      concurrent: true,
      exitOnError: false,
      // Signals are the program's; listr2 would end the process with code 127.
      registerSignalListeners: false,
      renderer: PhaseRenderer,
      rendererOptions: { drawing },
    }).run()
  }

  /** The first ending counts: a phase that comes again with the next attempt keeps its task. */
  end(phase: Phase, failed: boolean): void {
    this.#endings.get(phase)?.(failed ? 'failed' : 'done')
  }

  /** Settles when every task has ended and nothing more is drawn. */
  async finish(): Promise<void> {
    for (const end of this.#endings.values()) end('skipped')
    await this.#finished
  }
}
