import { LockstepError } from '../errors/error.ts'
import { optionValues, setting, socketOf } from '../facts/clock-programs.ts'
import type { SyncSetup } from '../playbook/play.ts'
import { readClockLine } from '../sync/log-lines.ts'
import {
  pmcQuestions,
  ptpMessages,
  ptpQuestions,
  readPhcCompare,
  readPmc,
  readPtpAnswers,
} from '../sync/pmc-answers.ts'
import type { PtpDomain } from '../sync/ptp-management.ts'
import type { SyncReading } from '../sync/reading.ts'
import type { Requirement } from '../sync/requirement.ts'
import { askFiles, readFiles } from '../transport/file-question.ts'
import { type Nanoseconds, ns } from '../units/quantity.ts'
import type { HostClock } from './ends.ts'
import type { HostSession } from './host-session.ts'
import { ptp4lSocket } from './sync-programs.ts'

/** phc2sys speaks once a second; the rest is for a busy host. */
const freshMs = 3_000
const askMs = 10_000
/** ptp4l answers at once or, as to another domain's questions, never. */
const answerWithinS = 1

/** A clock that ptp4l keeps: it is asked itself, and the system clock is as phc2sys says, else as phc_ctl compares it. */
export function ptpClock(session: HostSession, sync: SyncSetup | undefined, signal: AbortSignal): HostClock {
  const heard = sync?.phc2sys === undefined ? undefined : lastOffset(session)
  const socket = ptp4lSocket(sync, session.folder)
  let domain: Promise<PtpDomain> | undefined
  return {
    mayAskDuringTraffic: true,
    read: async requires => {
      const asksPtp = ptpQuestions(requires).length > 0
      const from = { host: session.name, source: asksPtp ? 'pmc' : 'kernel' } as const
      try {
        if (!asksPtp) return { ...from, ...(await linkOf(session, signal)) }
        domain ??= domainOf(session, sync, socket, signal)
        const asking = { session, requires, socket, signal, domain: await domain }
        const compares = heard === undefined && requires.includes('phc2sys')
        const found = (compares ? undefined : await askPtp4l(asking)) ?? (await askPmc(asking, compares))
        return readingOf(from, requires, found, heard)
      } catch (error) {
        if (!(error instanceof LockstepError) || signal.aborted) throw error
        return { ...from, failures: [error.message] }
      }
    },
  }
}

interface Asking {
  readonly session: HostSession
  readonly requires: readonly Requirement[]
  readonly socket: string
  readonly domain: PtpDomain
  readonly signal: AbortSignal
}

interface Found {
  readonly reading: Partial<SyncReading>
  /** CLOCK_REALTIME minus PHC, where that was compared. */
  readonly compared?: Nanoseconds | undefined
}

/** ptp4l answers to its own domain only; what its options do not say stands in its file, or is linuxptp's default. */
async function domainOf(
  session: HostSession,
  sync: SyncSetup | undefined,
  socket: string,
  signal: AbortSignal,
): Promise<PtpDomain> {
  const foreign = session.facts.clockPrograms?.find(each => each.program === 'ptp4l' && socketOf(each) === socket)
  const argv = sync?.ptp4l ?? foreign?.argv ?? []
  const [file] = sync?.ptp4l === undefined ? [] : optionValues(argv, 'f')
  const config = file === undefined ? (foreign?.config ?? '') : await textOf(session, file, signal)
  const number = (name: string) => Number(setting(name, { argv, config }) ?? 0)
  return { domainNumber: number('domainNumber'), transportSpecific: number('transportSpecific') }
}

async function textOf(session: HostSession, file: string, signal: AbortSignal): Promise<string> {
  const { argv, question } = askFiles([file])
  const { stdout } = await session.ask(argv, { question, timeoutMs: askMs, signal })
  return readFiles(stdout, [file]).get(file)?.toString('utf8') ?? ''
}

async function linkOf(session: HostSession, signal: AbortSignal): Promise<Pick<SyncReading, 'link'>> {
  return linkIn(await textOf(session, `/sys/class/net/${session.interface}/carrier`, signal))
}

/** What a carrier file says, at the beginning of a line. */
export function linkIn(output: string): Pick<SyncReading, 'link'> {
  const carrier = /^[01]$/m.exec(output)?.[0]
  return carrier === undefined ? {} : { link: carrier === '1' ? 'up' : 'down' }
}

/** As the worker says that it has no sockets; what is run in its place says so too. */
const cannotAsk = 3

/** Without a process on the host: a look costs it nothing to speak of. Undefined where the worker cannot do that. */
async function askPtp4l({ session, requires, socket, domain, signal }: Asking): Promise<Found | undefined> {
  if (!(await session.hasPerl())) return undefined
  const messages = ptpMessages(requires, domain).map(message => message.toString('hex'))
  const question = ['ptp', `${session.folder}/pmc`, socket, String(answerWithinS), ...messages]
  const [link, { code, stdout }] = await Promise.all([
    linkOf(session, signal),
    session.ask(['sh', '-c', `exit ${cannotAsk}`], { question, timeoutMs: askMs, signal }),
  ])
  if (code === cannotAsk) return undefined
  const answers = stdout.toString('latin1').split('\n').slice(0, -1)
  return {
    reading: {
      ...link,
      ...readPtpAnswers(
        answers.map(line => Buffer.from(line, 'hex')),
        requires,
      ),
    },
  }
}

// `$1` is the interface, `$2` the run's folder, `$3` the socket of ptp4l, behind it pmc's words. Its own end is a socket.
const withPmc = `PATH="$PATH:/usr/sbin:/sbin"
cat "/sys/class/net/$1/carrier"
device=$1 own=$2/pmc.$$ socket=$3
shift 3
pmc -u -b 0 -i "$own" -s "$socket" "$@"`
const withPhcCompare = `${withPmc}
rm -f "$own"
phc_ctl -q "$device" cmp`

async function askPmc({ session, requires, socket, domain, signal }: Asking, compares: boolean): Promise<Found> {
  const words = ['-d', String(domain.domainNumber), '-t', String(domain.transportSpecific), ...pmcQuestions(requires)]
  const script = compares ? withPhcCompare : withPmc
  const argv = ['sh', '-c', script, 'sh', session.interface, session.folder, socket, ...words]
  const { stdout } = await session.ask(argv, { timeoutMs: askMs, signal })
  const output = stdout.toString('utf8')
  return { reading: { ...linkIn(output), ...readPmc(output, requires) }, compared: readPhcCompare(output) }
}

function readingOf(
  from: Pick<SyncReading, 'host' | 'source'>,
  requires: readonly Requirement[],
  { reading: { failures = [], ...ptp }, compared }: Found,
  heard: (() => Heard) | undefined,
): SyncReading {
  const system = requires.includes('phc2sys') ? (heard?.() ?? comparedOffset(compared, ptp.utcOffset)) : undefined
  const all = [...failures, ...(system !== undefined && 'failure' in system ? [system.failure] : [])]
  return {
    ...{ ...from, ...ptp },
    ...(system !== undefined && 'offset' in system ? { systemOffset: system.offset } : {}),
    ...(all.length === 0 ? {} : { failures: all }),
  }
}

type Heard = { readonly offset: Nanoseconds } | { readonly failure: string }

function comparedOffset(compared: Nanoseconds | undefined, utcOffset: number | undefined): Heard {
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
