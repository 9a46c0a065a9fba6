import type { Writable } from 'node:stream'
import type { RunEvent } from '../runner/events.ts'
import { setBlocking } from './blocking.ts'
import { jsonLinesRenderer } from './json-lines.ts'
import { liveRenderer } from './live.ts'
import { plainRenderer } from './plain.ts'

/** Shows a run. `end` is called once, also after an error, and settles when everything is written. */
export interface Renderer {
  readonly event: (event: RunEvent) => void
  readonly end: () => Promise<void>
}

/** A stream that may be a terminal. */
export type Screen = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number }

export interface RendererOptions {
  readonly stdout: Screen
  readonly stderr: Writable
  readonly env: Readonly<Record<string, string | undefined>>
  /** JSON lines on stdout, whatever stdout is. */
  readonly json: boolean
}

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
