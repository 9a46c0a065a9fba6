import { setBlocking } from './blocking.ts'
import { jsonLinesRenderer } from './json-lines.ts'
import { liveRenderer } from './live.ts'
import { plainRenderer } from './plain.ts'
import type { Renderer, RendererOptions, Screen } from './screen-types.ts'

/** JSON lines when asked for, a live screen on a terminal that can move its cursor, plain lines everywhere else. */
export function rendererFor(options: RendererOptions): Renderer {
  const { stdout } = options
  setBlocking(stdout, false)
  const { event, end } = rendererOf(options)
  return {
    event,
    async end() {
      await end()
      setBlocking(stdout, true)
    },
  }
}

function rendererOf({ stdout, stderr, env, json }: RendererOptions): Renderer {
  if (json) return jsonLinesRenderer({ stdout, stderr })
  return canMoveCursor(stdout, env) ? liveRenderer({ stdout, env }) : plainRenderer(stdout)
}

const canMoveCursor = (stdout: Screen, env: RendererOptions['env']) =>
  stdout.isTTY === true && env['TERM'] !== 'dumb' && !isSet(env['CI'])

const isSet = (value: string | undefined) => value !== undefined && value !== '' && value !== 'false' && value !== '0'
