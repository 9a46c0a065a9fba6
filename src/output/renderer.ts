import { setBlocking } from './blocking.ts'
import { jsonLinesRenderer } from './json-lines.ts'
import { plainRenderer } from './plain.ts'
import type { Renderer, RendererOptions, Screen } from './screen-types.ts'

/** JSON lines when asked for, a live screen on a terminal that can move its cursor, plain lines everywhere else. */
export async function rendererFor(options: RendererOptions): Promise<Renderer> {
  const { stdout } = options
  setBlocking(stdout, false)
  const { event, end } = await rendererOf(options)
  return {
    event,
    async end() {
      await end()
      setBlocking(stdout, true)
    },
  }
}

/** What draws on a terminal takes as long to load as everything else: only a terminal pays for it. */
async function rendererOf({ stdout, stderr, env, json }: RendererOptions): Promise<Renderer> {
  if (json) return jsonLinesRenderer({ stdout, stderr })
  if (!canMoveCursor(stdout, env)) return plainRenderer(stdout)
  const { liveRenderer } = await import('./live.ts')
  return liveRenderer({ stdout, env })
}

const canMoveCursor = (stdout: Screen, env: RendererOptions['env']) =>
  stdout.isTTY === true && env['TERM'] !== 'dumb' && !isSet(env['CI'])

const isSet = (value: string | undefined) => value !== undefined && value !== '' && value !== 'false' && value !== '0'
