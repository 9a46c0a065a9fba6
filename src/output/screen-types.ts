import type { Writable } from 'node:stream'
import type { RunEvent } from '../runner/events.ts'

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
