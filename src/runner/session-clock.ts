import { LockstepError } from '../errors/error.ts'
import type { HostFacts } from '../facts/host-facts.ts'
import { kernelStanding } from '../facts/kernel-clock.ts'
import type { SyncSetup } from '../playbook/play.ts'
import { chronyQuestion, readTracking } from '../sync/chrony-answer.ts'
import { readStanding } from '../sync/kernel-answer.ts'
import type { SyncReading } from '../sync/reading.ts'
import type { HostClock } from './ends.ts'
import type { HostSession } from './host-session.ts'
import { linkIn, ptpClock } from './ptp-clock.ts'

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

// `$1` is the interface.
const linkOnly = 'cat "/sys/class/net/$1/carrier"'
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
