import { LockstepError } from '../errors/error.ts'
import type { RunResult } from '../runner/result.ts'

/** Reads result.json; `file` is for messages. */
export function parseResult(text: string, file: string): RunResult {
  const value = parseJson(text, file) as Partial<Record<keyof RunResult, unknown>> | null
  if (value === null || typeof value !== 'object')
    throw new LockstepError('USAGE_FILE', `${file} is no result of a run: it holds ${JSON.stringify(value)}`)
  const wrong = [
    ...(['reasons', 'attempts', 'flows', 'expectations', 'hosts'] as const).filter(key => !Array.isArray(value[key])),
    ...(['lockstep', 'name', 'playbook', 'started', 'ended'] as const).filter(key => typeof value[key] !== 'string'),
    ...(typeof value.exitCode === 'number' ? [] : ['exitCode']),
  ]
  if (wrong.length > 0)
    throw new LockstepError('USAGE_FILE', `${file} is no result of a run: ${wrong.join(', ')} cannot be read`)
  // Runs from before there were steps have none.
  return { ...(value as RunResult), steps: Array.isArray(value.steps) ? (value as RunResult).steps : [] }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new LockstepError('USAGE_FILE', `${file} is not JSON: ${(cause as Error).message}`, { cause })
  }
}
