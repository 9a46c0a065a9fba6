import type { Writable } from 'node:stream'
import type { Problem } from '../errors/error.ts'
import type { RunEvent } from '../runner/events.ts'
import { toJson } from '../units/json.ts'
import { flushed, writeLines } from './line-writer.ts'
import type { Renderer } from './screen-types.ts'
import { problemLines } from './wording.ts'

/** One JSON object per event on stdout and nothing else there; problems are said on stderr too, for whoever watches. */
export function jsonLinesRenderer({ stdout, stderr }: { stdout: Writable; stderr: Writable }): Renderer {
  return {
    event(event) {
      writeLines(stdout, [toJsonLine(event)])
      if (event.kind === 'problem') writeLines(stderr, problemLines(event.problem, event.host))
    },
    async end() {
      await flushed(stdout)
      await flushed(stderr)
    },
  }
}

/** An event as one line of JSON, time and kind first. Nanoseconds are decimal strings: they do not fit a double. */
export function toJsonLine(event: RunEvent): string {
  const { at, tai, kind, ...more } = event
  // A finding may be a thrown error, whose message JSON would leave out.
  const finding = event.kind === 'problem' ? { problem: bare(event.problem) } : {}
  return toJson({ at, tai, kind, ...more, ...finding })
}

const bare = ({ code, message, hint, at }: Problem): Problem => ({ code, message, hint, at })
