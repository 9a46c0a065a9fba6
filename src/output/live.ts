import { frame } from './frame.ts'
import { flushed } from './line-writer.ts'
import { PhaseTasks } from './phase-tasks.ts'
import { LiveArea } from './screen.ts'
import type { Renderer, RendererOptions, Screen } from './screen-types.ts'
import { summary } from './summary.ts'
import { symbolsFor } from './symbols.ts'
import { emptyView, follow } from './view.ts'

interface LiveOptions {
  readonly stdout: Screen
  readonly env: RendererOptions['env']
  /** Milliseconds of a clock that never steps. */
  readonly now?: () => number
}

/** A screen that follows the run and leaves a summary behind. */
export function liveRenderer({ stdout, env, now = () => performance.now() }: LiveOptions): Renderer {
  // no-color.org: any value but the empty one.
  const area = new LiveArea(stdout, (env['NO_COLOR'] ?? '') === '')
  const symbols = symbolsFor(env)
  let view = emptyView
  const tasks = new PhaseTasks({
    open: () => area.open(),
    draw: () => area.draw(frame(view, area.size(), now(), symbols)),
    close: () => {
      area.finish(summary(view, area.size().columns, now(), symbols))
      area.close()
    },
  })
  return {
    event(event) {
      view = follow(view, event, now())
      if (event.kind === 'phase_ended') tasks.end(event.phase, event.failed)
    },
    async end() {
      await tasks.finish()
      await flushed(stdout)
    },
  }
}
