import { LockstepError } from '../errors/error.ts'
import type { Flow, Play, ToolChoice } from '../playbook/play.ts'
import { formatVersion, isKnownVersion, type Program, type Version, versionFaults } from '../tools/traffic-tool.ts'
import { trafficToolOf } from '../tools/traffic-tools.ts'
import { quoteArgv } from '../transport/quote.ts'
import type { RunContext } from './context.ts'
import type { HostSession } from './host-session.ts'
import { allOf } from './patience.ts'

const isochronPrograms = {
  sender: { name: 'isochron', package: 'isochron' },
  receiver: { name: 'isochron', package: 'isochron' },
}

/** What a flow needs at its ends; every tool that is none of the table is isochron. */
const programsOf = (choice: Choice): { readonly sender: Needed | undefined; readonly receiver: Needed | undefined } =>
  trafficToolOf(choice)?.programs ?? isochronPrograms
type Choice = Pick<ToolChoice, 'tool' | 'command'>
type Needed = Pick<Program, 'name' | 'package'>

export const isIsochron = (choice: Choice): boolean => trafficToolOf(choice) === undefined

/** The play with one tool per flow, the first whose programs both ends have; and what is missing where there is none. */
export function chooseTools(
  play: Play,
  sessions: Looked,
): { readonly play: Play; readonly problems: readonly LockstepError[] } {
  const problems = new Map<string, LockstepError>()
  const flows = play.flows.map(flow => {
    const choices = [flow, ...flow.otherwise]
    const chosen = choices.find(({ tool }) => familyOf(flow, play).every(each => isThere(each, tool, sessions)))
    if (chosen !== undefined) return withTool(flow, chosen)
    for (const { host, program } of choices.flatMap(choice => lacksOf(flow, choice, sessions))) {
      const message = `${host} has no ${program.name}`
      const hint = `on Debian: apt-get install ${program.package}`
      problems.set(message, new LockstepError('HOST_PROGRAM', message, { hint }))
    }
    return flow
  })
  return { play: { ...play, flows }, problems: [...problems.values()] }
}

/** Flows whose common ends are one process are done with one tool. */
const familyOf = (flow: Flow, { flows }: Play) =>
  flows.filter(each => (each.shares ?? each.name) === (flow.shares ?? flow.name))

const isThere = (flow: Flow, tool: string, sessions: Looked): boolean => {
  const choice = [flow, ...flow.otherwise].find(each => each.tool === tool)
  return choice !== undefined && lacksOf(flow, choice, sessions).length === 0
}

function withTool({ command: _, ...flow }: Flow, { tool, sender, receiver, command }: ToolChoice): Flow {
  return { ...flow, tool, sender, receiver, ...(command === undefined ? {} : { command }), otherwise: [] }
}

/** Hosts with what they said they have. */
type Looked = ReadonlyMap<string, Pick<HostSession, 'facts'>>

function lacksOf(flow: Flow, choice: Choice, sessions: Looked) {
  const { sender, receiver } = programsOf(choice)
  return [
    { host: flow.from, program: sender },
    { host: flow.to, program: receiver },
  ].flatMap(({ host, program }) =>
    program === undefined || sessions.get(host)?.facts.programs?.has(program.name) ? [] : [{ host, program }],
  )
}

/** The version of every program that a flow of the table uses, by host and program; undefined: it cannot be read. */
export type Versions = ReadonlyMap<string, ReadonlyMap<string, Version | undefined>>

/** What was said before of programs on hosts, for tests one after the other. */
export type KnownVersions = Map<string, Map<string, Version | undefined>>

/** Asks for versions that are not `known` yet, warns of those that nobody has looked at, and refuses options that a version does not have. */
export async function askVersions(
  play: Play,
  sessions: ReadonlyMap<string, HostSession>,
  { emit, signal }: RunContext,
  known: KnownVersions = new Map(),
): Promise<Versions> {
  const wanted = new Map<string, Map<string, Program>>()
  const uses = play.flows.flatMap(flow => usesOf(flow))
  for (const { host, program } of uses) wanted.set(host, (wanted.get(host) ?? new Map()).set(program.name, program))
  await allOf(
    [...wanted].map(async ([host, programs]) => {
      const said = known.get(host) ?? new Map<string, Version | undefined>()
      known.set(host, said)
      const unknown = [...programs.values()].filter(({ name }) => !said.has(name))
      if (unknown.length === 0) return
      for (const [name, version] of await ask(sessions.get(host), unknown, signal)) said.set(name, version)
    }),
  )
  const versions: Versions = known
  for (const [host, programs] of wanted)
    for (const program of programs.values()) warnOfUnknown(host, program, versions.get(host)?.get(program.name), emit)
  await allOf(play.flows.flatMap(flow => tooOld(flow, versions)).map(problem => Promise.reject(problem)))
  return versions
}

const usesOf = (flow: Flow) => {
  const { from, to } = flow
  const { sender, receiver } = trafficToolOf(flow)?.programs ?? { sender: undefined, receiver: undefined }
  return [
    ...(sender === undefined ? [] : [{ host: from, program: sender }]),
    ...(receiver === undefined ? [] : [{ host: to, program: receiver }]),
  ]
}

/** All of a host at once: each program's words stand behind a line with its name. */
async function ask(
  session: HostSession | undefined,
  programs: readonly Program[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Version | undefined>> {
  if (session === undefined) return new Map()
  const lines = programs.map(({ name, askVersion }) => `echo '@version ${name}'; ${quoteArgv(askVersion)} 2>&1`)
  const argv = ['sh', '-c', `PATH="$PATH:/usr/sbin:/sbin"\n${lines.join('\n')}\n:`]
  const { stdout } = await session.ask(argv, { timeoutMs: 30_000, signal })
  const said = new Map(
    stdout
      .toString('utf8')
      .split(/^@version /m)
      .map(part => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]),
  )
  return new Map(programs.map(({ name, readVersion }) => [name, readVersion(said.get(name) ?? '')]))
}

function warnOfUnknown(host: string, program: Program, version: Version | undefined, emit: RunContext['emit']): void {
  if (version !== undefined && isKnownVersion(program, version)) return
  const { from, to } = program.known
  const known =
    formatVersion(from) === formatVersion(to) ? formatVersion(from) : `${formatVersion(from)} to ${formatVersion(to)}`
  const message =
    version === undefined
      ? `${program.name} does not say its version`
      : `${program.name} ${formatVersion(version)} is not known to us: its output may be another`
  emit({ kind: 'warning', host, message, hint: `known: ${known}` })
}

function tooOld(flow: Flow, versions: Versions): LockstepError[] {
  const tool = trafficToolOf(flow)
  const program = tool?.programs.sender
  const version = program && versions.get(flow.from)?.get(program.name)
  if (tool === undefined || version === undefined) return []
  return versionFaults(tool, flow.sender, version).map(
    fault => new LockstepError('HOST_PROGRAM', `flow ${flow.name}: ${fault} on ${flow.from}`),
  )
}

/** In words, for the record: `{A: 3.12}`. */
export function versionsOf(flow: Flow, versions: Versions): Readonly<Record<string, string>> {
  return Object.fromEntries(
    usesOf(flow).flatMap(({ host, program }) => {
      const version = versions.get(host)?.get(program.name)
      return version === undefined ? [] : [[host, formatVersion(version)]]
    }),
  )
}
