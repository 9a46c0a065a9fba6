import { LockstepError } from '../errors/error.ts'

/** Hosts at a time, out of `--forks`. */
export function forksIn(written: string): number {
  if (/^[1-9]\d{0,5}$/.test(written)) return Number(written)
  throw new LockstepError('USAGE_VALUE', `--forks ${written}: expected a number of hosts, 1 or more`)
}
