import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { perlClock } from '../units/perl-clock.ts'
import type { HeldBy } from './held-program.ts'

/** Where the programs of tests are looked for; whatever lockstepd itself was started with. */
export const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What `lockstepd` cannot do without, and the packages that have them in Debian and Ubuntu. */
const needed = [
  ['setpriv', '--version', 'util-linux'],
  ['prlimit', '--version', 'util-linux'],
  ['flock', '--version', 'util-linux'],
] as const

/** The programs that are missing, in words. */
export async function missingPrograms(path = searchPath): Promise<readonly string[]> {
  const works = await Promise.all(needed.map(([program, word]) => succeeds(path, program, word)))
  return needed.flatMap(([program, , from], i) => (works[i] ? [] : [`${program} of ${from}`]))
}

/** perl keeps time to microseconds, the shell to some milliseconds; perl may be missing, or not know the machine's clock. */
export const bestHolder = async (path = searchPath): Promise<HeldBy> =>
  (await succeeds(path, 'perl', '-e', `use Fcntl; use POSIX (); ${perlClock()} now()`)) ? 'perl' : 'sh'

async function succeeds(path: string, program: string, ...words: readonly string[]): Promise<boolean> {
  const child = spawn(program, words, { env: { PATH: path }, stdio: 'ignore' })
  try {
    const [code] = await once(child, 'exit')
    return code === 0
  } catch {
    return false // there is no such program
  }
}
