import { LockstepError } from '../errors/error.ts'
import type { HostFacts } from '../facts/host-facts.ts'
import { kernelStanding } from '../facts/kernel-clock.ts'
import type { SyncSetup } from '../playbook/play.ts'
import { chronyQuestion, readTracking } from '../sync/chrony-answer.ts'
import { readStanding } from '../sync/kernel-answer.ts'
import { readClockLine } from '../sync/log-lines.ts'
import { pmcQuestions, readPhcCompare, readPmc } from '../sync/pmc-answers.ts'
import type { SyncReading } from '../sync/reading.ts'
import type { Requirement } from '../sync/requirement.ts'
import { type Nanoseconds, ns } from '../units/quantity.ts'
import type { HostClock } from './ends.ts'
import type { HostSession } from './host-session.ts'
import { ptp4lSocket } from './sync-programs.ts'

/** phc2sys speaks once a second; the rest is for a busy host. */
const freshMs = 3_000
const askMs = 10_000

/** Who tells how the clocks of a host stand where no isochron can be asked. */
type Teller =
  | { readonly kind: 'ptp' }
  | { readonly kind: 'chrony' }
  | { readonly kind: 'kernel'; readonly keeper: string }

/**
 * ptp4l by pmc, and the system clock as phc2sys says, else by phc_ctl. Where an NTP daemon keeps the system clock, and no ptp4l
 * is to be asked, chronyd says how it stands, and for another one the kernel.
 */
export function sessionClock(session: HostSession, sync: SyncSetup | undefined, signal: AbortSignal): HostClock {
  const teller = tellerOf(sync, session.facts)
  if (teller.kind === 'chrony')
    return clockBy('chrony', session, { who: 'chronyd', ask: withTracking, read: readTracking }, signal)
  if (teller.kind === 'kernel') {
    const read = (output: string) => readStanding(output, teller.keeper)
    return clockBy('kernel', session, { who: 'the kernel', ask: withStanding, read }, signal)
  }
  return ptpClock(session, sync, signal)
}

function ptpClock(session: HostSession, sync: SyncSetup | undefined, signal: AbortSignal): HostClock {
  const heard = sync?.phc2sys === undefined ? undefined : lastOffset(session)
  const socket = ptp4lSocket(sync, session.folder)
  return {
    mayAskDuringTraffic: true,
    read: async requires => {
      const questions = pmcQuestions(requires)
      const compares = heard === undefined && requires.includes('phc2sys')
      const source = questions.length === 0 ? 'kernel' : 'pmc'
      try {
        const ask = questions.length === 0 ? linkOnly : compares ? withPhcCompare : withPmc
        const argv = ['sh', '-c', ask, 'sh', session.interface, session.folder, socket, ...questions]
        const { stdout } = await session.ask(argv, { timeoutMs: askMs, signal })
        return readingOf({ host: session.name, source }, requires, stdout.toString('utf8'), heard)
      } catch (error) {
        if (!(error instanceof LockstepError) || signal.aborted) throw error
        return { host: session.name, source, failures: [error.message] }
      }
    },
  }
}

// `$1` is the interface, `$2` the run's folder, `$3` the socket of ptp4l, behind it the questions. pmc's own end is a socket.
const linkOnly = 'cat "/sys/class/net/$1/carrier"'
const withPmc = `PATH="$PATH:/usr/sbin:/sbin"
cat "/sys/class/net/$1/carrier"
device=$1 own=$2/pmc.$$ socket=$3
shift 3
pmc -u -b 0 -i "$own" -s "$socket" "$@"`
const withPhcCompare = `${withPmc}
rm -f "$own"
phc_ctl -q "$device" cmp`

/** Daemons that steer the system clock by NTP and leave it to the kernel to say how well. */
const otherNtpDaemons: readonly string[] = ['systemd-timesyncd', 'ntpd', 'openntpd']

/** The run starts nothing that keeps a clock, and no ptp4l is there: an NTP daemon that runs there does. */
function tellerOf(sync: SyncSetup | undefined, { clockPrograms = [] }: Pick<HostFacts, 'clockPrograms'>): Teller {
  const running = clockPrograms.map(({ program }) => program)
  if (sync?.ptp4l !== undefined || sync?.phc2sys !== undefined || running.includes('ptp4l')) return { kind: 'ptp' }
  if (running.includes('chronyd')) return { kind: 'chrony' }
  const keeper = running.find(program => otherNtpDaemons.includes(program))
  return keeper === undefined ? { kind: 'ptp' } : { kind: 'kernel', keeper }
}

/** Whether a host follows NTP: then it needs no PTP hardware clock. */
export const followsNtp = (sync: SyncSetup | undefined, facts: Pick<HostFacts, 'clockPrograms'>): boolean =>
  tellerOf(sync, facts).kind !== 'ptp'

const withTracking = `${linkOnly}
exec ${chronyQuestion.join(' ')} 2>&1`
const withStanding = `${linkOnly}
${kernelStanding}`

interface Question {
  readonly who: string
  /** Its `$1` is the interface, whose carrier it prints first. */
  readonly ask: string
  readonly read: (output: string) => Partial<SyncReading>
}

/** A clock that is kept by NTP: what PTP alone can have is not asked of it. */
function clockBy(
  source: 'chrony' | 'kernel',
  { name: host, interface: device, connection }: HostSession,
  { who, ask, read }: Question,
  signal: AbortSignal,
): HostClock {
  return {
    mayAskDuringTraffic: true,
    read: async requires => {
      const isAsked = requires.some(each => each !== 'link')
      try {
        const argv = ['sh', '-c', isAsked ? ask : linkOnly, 'sh', device]
        const output = (await connection.exec(argv, { timeoutMs: askMs, signal })).stdout.toString('utf8')
        return { host, source: isAsked ? source : 'kernel', ...linkIn(output), ...(isAsked ? read(output) : {}) }
      } catch (error) {
        if (!(error instanceof LockstepError) || signal.aborted) throw error
        return { host, source, failures: [`${isAsked ? `${who} does not answer: ` : ''}${error.message}`] }
      }
    },
  }
}

function linkIn(output: string): Pick<SyncReading, 'link'> {
  const carrier = /^[01]$/m.exec(output)?.[0]
  return carrier === undefined ? {} : { link: carrier === '1' ? 'up' : 'down' }
}

function readingOf(
  from: Pick<SyncReading, 'host' | 'source'>,
  requires: readonly Requirement[],
  output: string,
  heard: (() => Heard) | undefined,
): SyncReading {
  const { failures = [], ...ptp } = readPmc(output, requires)
  const system = requires.includes('phc2sys') ? (heard?.() ?? comparedOffset(output, ptp.utcOffset)) : undefined
  const all = [...failures, ...(system !== undefined && 'failure' in system ? [system.failure] : [])]
  return {
    ...{ ...from, ...linkIn(output), ...ptp },
    ...(system !== undefined && 'offset' in system ? { systemOffset: system.offset } : {}),
    ...(all.length === 0 ? {} : { failures: all }),
  }
}

type Heard = { readonly offset: Nanoseconds } | { readonly failure: string }

function comparedOffset(output: string, utcOffset: number | undefined): Heard {
  const compared = readPhcCompare(output)
  if (compared === undefined || utcOffset === undefined)
    return { failure: 'nothing says how its system clock stands: no phc2sys of ours, and phc_ctl cannot compare it' }
  return { offset: ns(compared + BigInt(utcOffset) * 1_000_000_000n) }
}

/** What phc2sys said last of the system clock, as long as that is not old. */
function lastOffset(session: HostSession): () => Heard {
  let last: { readonly offset: Nanoseconds; readonly atMs: number } | undefined
  session.onLine((process, text) => {
    const line = process === 'phc2sys' ? readClockLine(text) : undefined
    if (line?.kind === 'offset' && line.clock === 'system') last = { offset: line.offset, atMs: performance.now() }
  })
  return () => {
    if (last === undefined) return { failure: 'phc2sys has said nothing of its system clock yet' }
    const ageMs = performance.now() - last.atMs
    if (ageMs <= freshMs) return { offset: last.offset }
    return { failure: `phc2sys has said nothing for ${(ageMs / 1000).toFixed(1)} s` }
  }
}
