import { LockstepError } from '../errors/error.ts'
import type { HostFacts } from '../facts/host-facts.ts'
import type { SyncSetup } from '../playbook/play.ts'
import { chronyQuestion, readTracking } from '../sync/chrony-answer.ts'
import { readClockLine } from '../sync/log-lines.ts'
import { pmcQuestions, readPhcCompare, readPmc } from '../sync/pmc-answers.ts'
import type { SyncReading } from '../sync/reading.ts'
import { type Nanoseconds, ns } from '../units/quantity.ts'
import type { HostClock } from './ends.ts'
import type { HostSession } from './host-session.ts'
import { ptp4lSocket } from './sync-programs.ts'

/** phc2sys speaks once a second; the rest is for a busy host. */
const freshMs = 3_000
const askMs = 10_000

/**
 * A host's clocks where no isochron can be asked: ptp4l by pmc, the system clock as phc2sys says, else by phc_ctl. Where a
 * chronyd keeps the system clock, and no ptp4l is to be asked, chronyd says how it stands.
 */
export function sessionClock(session: HostSession, sync: SyncSetup | undefined, signal: AbortSignal): HostClock {
  if (followsNtp(sync, session.facts)) return chronyClock(session, signal)
  const heard = sync?.phc2sys === undefined ? undefined : lastOffset(session)
  const socket = ptp4lSocket(sync, session.folder)
  return {
    mayAskDuringTraffic: true,
    read: async what => {
      try {
        const ask = what === 'link' ? linkOnly : heard === undefined ? withPhcCompare : withPmc
        const argv = ['sh', '-c', ask, 'sh', session.interface, session.folder, socket, ...pmcQuestions]
        const { stdout } = await session.ask(argv, { timeoutMs: askMs, signal })
        return readingOf(session.name, what, stdout.toString('utf8'), heard?.())
      } catch (error) {
        if (!(error instanceof LockstepError) || signal.aborted) throw error
        return { host: session.name, source: what === 'link' ? 'kernel' : 'pmc', failures: [error.message] }
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

/** Whether chronyd tells of a host's clock: the run starts nothing that keeps it, and no ptp4l is there. */
export const followsNtp = (sync: SyncSetup | undefined, { clockPrograms = [] }: Pick<HostFacts, 'clockPrograms'>) =>
  sync?.ptp4l === undefined &&
  sync?.phc2sys === undefined &&
  clockPrograms.some(({ program }) => program === 'chronyd') &&
  !clockPrograms.some(({ program }) => program === 'ptp4l')

const withTracking = `${linkOnly}
shift
exec "$@" 2>&1`

function chronyClock({ name, interface: device, connection }: HostSession, signal: AbortSignal): HostClock {
  return {
    mayAskDuringTraffic: true,
    read: async what => {
      const source = what === 'link' ? 'kernel' : 'chrony'
      const ask = what === 'link' ? linkOnly : withTracking
      try {
        const argv = ['sh', '-c', ask, 'sh', device, ...chronyQuestion]
        const output = (await connection.exec(argv, { timeoutMs: askMs, signal })).stdout.toString('utf8')
        return { host: name, source, ...linkIn(output), ...(what === 'link' ? {} : readTracking(output)) }
      } catch (error) {
        if (!(error instanceof LockstepError) || signal.aborted) throw error
        return {
          host: name,
          source,
          failures: [`${what === 'link' ? '' : 'chronyd does not answer: '}${error.message}`],
        }
      }
    },
  }
}

function linkIn(output: string): Pick<SyncReading, 'link'> {
  const carrier = /^[01]$/m.exec(output)?.[0]
  return carrier === undefined ? {} : { link: carrier === '1' ? 'up' : 'down' }
}

function readingOf(host: string, what: 'clocks' | 'link', output: string, heard: Heard | undefined): SyncReading {
  const link = linkIn(output)
  if (what === 'link') return { host, source: 'kernel', ...link }
  const { failures = [], ...ptp } = readPmc(output)
  const system = heard ?? comparedOffset(output, ptp.utcOffset)
  const all = [...failures, ...('failure' in system ? [system.failure] : [])]
  return {
    ...{ host, source: 'pmc', ...link, ...ptp },
    ...('offset' in system ? { systemOffset: system.offset } : {}),
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
