import { formatDuration } from '../units/duration.ts'
import type { Step } from './step.ts'
import { shortName } from './written-steps.ts'

/** A step in one line, for plans: `A, B: Load the driver (run: modprobe i210); becomes root; up to 4 tries`. */
export function stepInWords(step: Step): string {
  const { name, does, on, once, become, retries, delay, optional, secret } = step
  const where = on === 'local' ? 'here' : once ? `${on[0] ?? ''}, once` : on.join(', ')
  const what = name === shortName(does) ? does : `${name} (${does})`
  const more = [
    become === undefined ? undefined : become === false ? 'as the login itself' : `becomes ${become}`,
    retries === 0 ? undefined : `up to ${retries + 1} tries ${formatDuration(delay)} apart`,
    optional ? 'a failure is a warning' : undefined,
    secret ? 'nothing of it is kept' : undefined,
  ].filter(part => part !== undefined)
  return [`${where}: ${what}`, ...more].join('; ')
}
