import { LockstepError } from '../errors/error.ts'
import { conflicts } from '../facts/clock-conflicts.ts'
import { describeProgram } from '../facts/clock-programs.ts'
import type { HostFacts } from '../facts/host-facts.ts'
import type { Play, PlayHost } from '../playbook/play.ts'
import { isochronTest } from '../tools/isochron.ts'
import { Slots } from '../transport/slots.ts'
import { captureProblems } from './capture-check.ts'
import type { RunContext } from './context.ts'
import type { Happening } from './events.ts'
import { chooseTools, isIsochron } from './flow-tools.ts'
import { hostRecord } from './host-record.ts'
import { type HostSession, loginOf, openSession, type SessionOptions } from './host-session.ts'
import { allOf } from './patience.ts'
import { followsNtp } from './session-clock.ts'

export interface ConnectOptions extends SessionOptions {
  /** Hosts that are connecting at a time. */
  readonly atOnce: number
}

/**
 * Connects to every host, claims it and learns what it is. The sessions that were opened go to `opened` as they come, so
 * that whoever ends the run ends them all, also when another host failed.
 */
export async function connectPhase(
  hosts: readonly PlayHost[],
  options: ConnectOptions,
  { emit }: RunContext,
  opened: Map<string, HostSession>,
): Promise<void> {
  options.transport.foresee?.(hosts.map(host => loginOf(host, options.raised).target))
  const slots = new Slots(options.atOnce)
  await allOf(
    hosts.map(async host => {
      const release = await slots.take(options.signal)
      try {
        const startedAt = performance.now()
        const session = await openSession(host, options)
        opened.set(host.name, session)
        await options.folder.writeJsonBeside(`hosts/${host.name}.json`, hostRecord(session))
        emit({ kind: 'host_connected', host: host.name, tookMs: Math.round(performance.now() - startedAt) })
      } finally {
        release()
      }
    }),
  )
}

/** Refuses what cannot work, also what `others` that come after the play want; says of every other host that it is ready. */
export async function checkHosts(
  play: Play,
  opened: ReadonlyMap<string, HostSession>,
  context: RunContext,
  others: Iterable<Play>,
): Promise<void> {
  const problems = new Map<string, LockstepError>()
  for (const each of [play, ...others])
    for (const problem of await problemsFor(each, opened, context)) problems.set(problem.message, problem)
  await allOf([...problems.values()].map(problem => Promise.reject(problem)))
  for (const session of opened.values()) listOthers(session, context.emit)
  for (const { name } of play.hosts)
    context.emit({ kind: 'host_ready', host: name, summary: hostSummary(opened.get(name)) })
}

async function problemsFor(
  play: Play,
  opened: ReadonlyMap<string, HostSession>,
  { signal }: RunContext,
): Promise<LockstepError[]> {
  const captures = await allOf(
    [...opened.values()].map(session => captureProblems(play, session, askAt(session, signal))),
  )
  return [
    ...play.hosts.flatMap(host => {
      const session = opened.get(host.name)
      return session === undefined ? [] : hostProblems(play, host, session)
    }),
    ...captures.flat(),
    ...chooseTools(play, opened).problems,
  ]
}

const askAt = (session: HostSession, signal: AbortSignal) => (argv: readonly string[]) =>
  session.ask(argv, { timeoutMs: 30_000, signal })

/** A host and what it is known to be. */
export type KnownHost = Pick<HostSession, 'name' | 'facts'>

export function hostSummary({ facts }: Pick<KnownHost, 'facts'> = { facts: {} as HostFacts }): string {
  const { kernel, driver, timestamping, versions, interfaceState } = facts
  const phc =
    interfaceState === undefined ? undefined : timestamping?.phc === undefined ? 'no PHC' : `PHC ${timestamping.phc}`
  const tools = Object.entries(versions ?? {}).map(([name, version]) => `${name} ${version}`)
  return [kernel?.split(' ').slice(0, 2).join(' '), driver?.['driver'], phc, ...tools]
    .filter(part => part !== undefined)
    .join(', ')
}

/** Everything that makes a host unusable for this play, found before anything is started on any host. */
export function hostProblems(play: Play, host: PlayHost, session: KnownHost): LockstepError[] {
  return [
    ...missingPrograms(play, host, session),
    ...interfaceProblems(play, host, session),
    ...clockConflicts(play, host, session),
  ]
}

const debianPackages: Readonly<Record<string, string>> = {
  ptp4l: 'linuxptp',
  phc2sys: 'linuxptp',
  chrt: 'util-linux',
}

function missingPrograms(play: Play, host: PlayHost, { facts }: KnownHost): LockstepError[] {
  const sends = play.flows.filter(flow => isIsochron(flow) && flow.from === host.name)
  const needed = [
    ...(play.sync?.ptp4l === undefined ? [] : ['ptp4l']),
    ...(play.sync?.phc2sys === undefined ? [] : ['phc2sys']),
    ...(play.captures.some(capture => capture.host === host.name) ? ['tcpdump'] : []),
    ...(sends.some(({ sender }) => isochronTest(sender).scheduling !== undefined) ? ['chrt'] : []),
  ]
  return needed
    .filter(program => !facts.programs?.has(program))
    .map(
      program =>
        new LockstepError('HOST_PROGRAM', `${host.name} has no ${program}`, {
          hint: `on Debian: apt-get install ${debianPackages[program] ?? program}`,
        }),
    )
}

function interfaceProblems(play: Play, host: PlayHost, { facts }: KnownHost): LockstepError[] {
  // A host that neither keeps time nor sends or receives needs none.
  if (host.interface === '') return []
  if (facts.interfaceState === undefined) {
    return [
      new LockstepError('HOST_INTERFACE', `${host.name} has no interface ${host.interface}`, {
        hint: 'set the variable `interface` for this host',
        at: host.at,
      }),
    ]
  }
  if (needsPhc(play, host, facts) && facts.timestamping !== undefined && facts.timestamping.phc === undefined) {
    return [
      new LockstepError('HOST_INTERFACE', `${host.interface} of ${host.name} has no PTP hardware clock`, {
        hint: `see what its driver offers: ethtool -T ${host.interface}`,
        at: host.at,
      }),
    ]
  }
  return []
}

/** Whoever is no end of isochron and keeps no time, or by chronyd alone, may have any interface. */
const needsPhc = ({ sync, flows }: Play, { name }: PlayHost, facts: HostFacts): boolean =>
  (sync !== undefined && !followsNtp(sync, facts)) ||
  flows.some(flow => isIsochron(flow) && (flow.from === name || flow.to === name))

function clockConflicts(play: Play, host: PlayHost, { facts }: KnownHost): LockstepError[] {
  const ours = {
    interface: host.interface,
    phcs: facts.phcs ?? new Map(),
    ptp4l: play.sync?.ptp4l !== undefined,
    phc2sys: play.sync?.phc2sys !== undefined,
  }
  return conflicts(facts.clockPrograms ?? [], ours).map(({ program, why, clock }) => {
    const key = clock === 'phc' ? 'ptp4l' : 'phc2sys'
    return new LockstepError('HOST_CONFLICT', `${host.name} already runs ${describeProgram(program)}: ${why}`, {
      hint: `stop it, or leave that clock to it: take ${key} out of sync:`,
    })
  })
}

/** Programs that steer other clocks are left alone, and said, for whoever wonders about a figure. */
export function listOthers(
  { name, facts }: KnownHost,
  emit: (warning: Extract<Happening, { kind: 'warning' }>) => void,
): void {
  for (const program of facts.clockPrograms ?? []) {
    emit({ kind: 'warning', host: name, message: `also runs ${describeProgram(program)}: left alone` })
  }
}
