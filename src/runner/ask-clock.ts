import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type ClockAnswer, type ClockEstimate, estimateOffset } from '../sync/clock-estimate.ts'
import { askTime } from '../transport/file-question.ts'
import type { HostConnection } from '../transport/transport.ts'
import { perlClock } from '../units/perl-clock.ts'
import { type Nanoseconds, ns } from '../units/quantity.ts'
import type { HostSession } from './host-session.ts'
import { anySignalWithin } from './patience.ts'

/** The first answer is slow: the program is still starting. */
const questions = 8
const sessionQuestions = 4
const limitMs = 10_000

/** A line out for each line in: the system clock in ns UTC. A date(1) for each question is slower, and busies the host. */
const sayTime = `command -v perl >/dev/null 2>&1 && perl -e "$1" 2>/dev/null && exit
while read -r _; do date +%s%N; done`
const perlSayTime = `${perlClock()}$| = 1;
print now(), "\\n" while sysread STDIN, my $line, 64;
`

/**
 * How far a host's system clock is from ours, over a few round trips. Undefined where there is no perl and `date` has
 * no nanoseconds (busybox), and where the answer does not come in time.
 */
export async function askClock(connection: HostConnection, signal: AbortSignal): Promise<ClockEstimate | undefined> {
  const shell = await connection.spawn(['sh', '-c', sayTime, 'sh', perlSayTime])
  const { signal: stop, done } = anySignalWithin(limitMs, signal, connection.lost)
  try {
    shell.stderr.resume()
    const lines = createInterface({ input: shell.stdout })
    const answers: ClockAnswer[] = []
    for (let asked = 0; asked < questions; asked++) {
      const answer = await ask(shell, lines, stop)
      if (answer === undefined) return undefined
      answers.push(answer)
    }
    return estimateOffset(answers)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (connection.lost.aborted) throw connection.lost.reason
    if ((error as Error).name !== 'AbortError') throw error
    return undefined
  } finally {
    done()
    shell.close()
  }
}

export interface SessionClock extends ClockEstimate {
  /** What the slowest answer took. */
  readonly longest: Nanoseconds
}

/** The same of a host in a run, over what begins its commands; undefined where `date` has no nanoseconds. */
export async function askSessionClock(session: HostSession, signal: AbortSignal): Promise<SessionClock | undefined> {
  const answers: ClockAnswer[] = []
  for (let asked = 0; asked < sessionQuestions; asked++) {
    const answer = await askSession(session, signal)
    if (answer === undefined) return undefined
    answers.push(answer)
  }
  const estimate = estimateOffset(answers)
  const longest = answers.reduce((most, { asked, answered }) => (answered - asked > most ? answered - asked : most), 0n)
  return estimate && { ...estimate, longest: ns(longest) }
}

async function askSession(session: HostSession, signal: AbortSignal): Promise<ClockAnswer | undefined> {
  const { argv, question } = askTime
  let answered = 0n
  const onOutput = () => {
    answered = utcNow()
  }
  const asked = utcNow()
  const { stdout } = await session.ask(argv, { question, timeoutMs: limitMs, signal, onOutput })
  const said = stdout.toString('utf8').trim()
  return isInstant(said) ? { asked, said: BigInt(said), answered } : undefined
}

type Shell = Awaited<ReturnType<HostConnection['spawn']>>

async function ask(
  shell: Shell,
  lines: ReturnType<typeof createInterface>,
  signal: AbortSignal,
): Promise<ClockAnswer | undefined> {
  const line = once(lines, 'line', { signal })
  const asked = utcNow()
  shell.stdin.write('\n')
  const [said] = (await line) as [string]
  return isInstant(said) ? { asked, said: BigInt(said), answered: utcNow() } : undefined
}

const isInstant = (said: string) => /^\d{19}$/.test(said)

/** Our clock in ns UTC; Date alone has milliseconds only. */
const utcNow = () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e3)) * 1000n
