import { LockstepError } from '../errors/error.ts'
import type { Flow, Play } from '../playbook/play.ts'
import { readLaunch } from '../tools/launcher.ts'
import { deadlineOf, type FlowSite, type Output, type Reading, type TrafficTool } from '../tools/traffic-tool.ts'
import { trafficTool } from '../tools/traffic-tools.ts'
import { toMs, type UtcInstant } from '../units/quantity.ts'
import { AttemptVoid } from './attempt-void.ts'
import type { RunContext } from './context.ts'
import { flowPorts } from './flow-ports.ts'
import {
  flowReceiverProcess,
  flowReceiverSpec,
  lastOfLog,
  outputFile,
  senderProcess,
  senderSpec,
} from './flow-programs.ts'
import type { HostSession } from './host-session.ts'
import { allOf, anySignal } from './patience.ts'
import type { Processes } from './processes.ts'

/** The flows of a run whose ends are processes, from the start of their receivers to what both ends printed. */
export interface ProcessFlows {
  readonly flows: readonly Flow[]
  /** Starts the receivers that do not run yet, on ports that are free now. */
  ready(): Promise<void>
  /** Starts every sender early, to be let go when its host's clock says `dueAt` of that host. */
  start(due: CommonStart): Promise<void>
  /** How long each is to last, where that is known. */
  schedule(): readonly FlowSpan[]
  /** Resolves when every sender has ended; AttemptVoid when one is still there at its deadline, after it was stopped. */
  untilOver(signal: AbortSignal): Promise<void>
  /** Ends what is left of the receivers and fetches what both ends printed. */
  collect(): Promise<readonly CollectedFlow[]>
  /** Ends what is left of an attempt that does not count, and fetches what there is; in a hurry only the latter is left out. */
  abandon(inHurry: boolean): Promise<readonly CollectedFlow[]>
}

export interface FlowSpan {
  readonly flow: string
  readonly lastsMs: number | undefined
}

/** The common start: by the controller's performance.now(), and as each sending host's system clock will say it. */
export interface CommonStart {
  readonly atMs: number
  readonly at: (host: string) => UtcInstant
}

export interface CollectedFlow {
  readonly flow: Flow
  /** File names with what the ends printed. */
  readonly files: readonly { readonly name: string; readonly bytes: Buffer }[]
  readonly reading: Reading
  readonly start: FlowStart
}

export interface FlowStart {
  readonly due: UtcInstant
  /** When the launcher let the sender go; undefined for one that was told the instant, or was never let go. */
  readonly released: UtcInstant | undefined
}

/** A sender that is let go later than this has not started together with the others. */
const lateNs = 100_000_000n
/** A receiver that ends by itself after its sender is given so long. */
const partingMs = 3_000
const fetchMs = 60_000

interface Parts {
  readonly flow: Flow
  readonly tool: TrafficTool
  readonly from: HostSession
  readonly to: HostSession
}

interface Attempt {
  site: FlowSite
  due: UtcInstant | undefined
  dueMs: number
  hasReceiver: boolean
}

export function processFlows(
  play: Play,
  sessions: ReadonlyMap<string, HostSession>,
  running: Processes,
  { emit, signal }: RunContext,
): ProcessFlows {
  const all = play.flows.flatMap(flow => partsOf(flow, sessions))
  const ports = flowPorts(signal)
  const attempts = new Map<string, Attempt>()

  const readyOne = async (parts: Parts) => {
    const { flow, tool, to } = parts
    for (let tries = 1; ; tries++) {
      const given = ports.take(flow.name, tool.ports(flow.sender), parts)
      const site = siteOf(parts, given)
      const spec = flowReceiverSpec(flow, tool, { ...site, folder: to.folder })
      try {
        if (spec !== undefined) await running.start(to, spec)
        attempts.set(flow.name, { site, due: undefined, dueMs: Number.NaN, hasReceiver: spec !== undefined })
        return
      } catch (error) {
        // Somebody may have taken the port between our look and its start.
        if (tries === portTries || !(error instanceof LockstepError) || error.code !== 'STEP_PROCESS') throw error
        await ports.look([parts.to, parts.from])
      }
    }
  }

  const startOne = async ({ flow, tool, from }: Parts, due: CommonStart) => {
    const attempt = attemptOf(flow)
    attempt.due = due.at(flow.from)
    attempt.dueMs = due.atMs
    const { spec } = senderSpec(flow, tool, { ...attempt.site, startAt: attempt.due })
    await running.start(from, spec)
  }

  const attemptOf = (flow: Flow): Attempt => {
    const attempt = attempts.get(flow.name)
    if (attempt === undefined) throw new TypeError(`flow ${flow.name} has not been made ready`)
    return attempt
  }

  const overOne = async ({ flow, tool, from }: Parts, until: AbortSignal): Promise<string[]> => {
    const { site, dueMs } = attemptOf(flow)
    const limitMs = toMs(deadlineOf(tool.sender(site)))
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), Math.max(0, dueMs + limitMs - performance.now()))
    try {
      await running.untilEnded(from, senderProcess(flow), anySignal(until, late.signal))
      return []
    } catch (error) {
      if (!late.signal.aborted || until.aborted) throw error
      await running.stop(from, senderProcess(flow))
      return [`sender ${flow.name} on ${flow.from} was still there ${limitMs / 1000} s after its start, and was ended`]
    } finally {
      clearTimeout(timer)
    }
  }

  const partingOf = async ({ flow, tool, to }: Parts): Promise<void> => {
    const { site, hasReceiver } = attemptOf(flow)
    if (!hasReceiver) return
    const plan = tool.receiver(site)
    if (plan?.oneShot) {
      const patience = anySignal(AbortSignal.timeout(partingMs), signal)
      await running.untilEnded(to, flowReceiverProcess(flow), patience).catch(() => undefined)
    }
    await running.stop(to, flowReceiverProcess(flow))
  }

  const collectOne = async (parts: Parts, printed: Printed): Promise<CollectedFlow> => {
    const { flow, tool, from, to } = parts
    const { due, hasReceiver } = attemptOf(flow)
    const code = await running.untilEnded(from, senderProcess(flow), signal)
    const sender = outputOf(printed, from, flow, 'sender')
    const receiver = hasReceiver ? outputOf(printed, to, flow, 'receiver') : undefined
    const launch = readLaunch(sender.stderr)
    const start = { due: due ?? (0n as UtcInstant), released: launch.released }
    emit({ kind: 'sender_started', flow: flow.name, host: flow.from, ...start })
    const outputs = {
      sender: { ...sender, stderr: launch.rest, code },
      receiver: receiver && { ...receiver, code: 0 },
    }
    const faults = launch.fault === undefined ? lateness(flow, start) : [launch.fault]
    const read = tool.read(outputs, flow.sender)
    const reading = faults.length === 0 ? read : { ...read, figures: new Map(), faults: [...faults, ...read.faults] }
    return { flow, files: filesOf(flow, sender, receiver), reading, start }
  }

  /** A new attempt starts new receivers. */
  const forget = () => attempts.clear()

  return {
    flows: all.map(({ flow }) => flow),
    ready: async () => {
      const lacking = all.filter(({ flow }) => !attempts.has(flow.name))
      const listening = lacking.filter(({ flow, tool }) => tool.ports(flow.sender).length > 0)
      await ports.look([...new Set(listening.flatMap(({ from, to }) => [from, to]))])
      await allOf(lacking.map(readyOne))
    },
    start: async due => {
      await allOf(all.map(parts => startOne(parts, due)))
    },
    schedule: () =>
      all.map(({ flow, tool }) => {
        const { lasts } = tool.sender(attemptOf(flow).site)
        return { flow: flow.name, lastsMs: lasts === undefined ? undefined : toMs(lasts) }
      }),
    untilOver: async until => {
      const hanging = (await allOf(all.map(parts => overOne(parts, until)))).flat()
      if (hanging.length > 0) throw new AttemptVoid(hanging)
    },
    collect: async () => {
      await allOf(all.map(partingOf))
      const printed = await printedBy(all, signal)
      const collected = await allOf(all.map(parts => collectOne(parts, printed)))
      forget()
      return collected
    },
    abandon: async inHurry => {
      const known = all.filter(({ flow }) => attempts.has(flow.name))
      const begun = known.filter(({ flow }) => attemptOf(flow).due !== undefined)
      if (inHurry) return []
      await allOf(begun.map(({ flow, from }) => running.stop(from, senderProcess(flow))))
      await allOf(known.map(({ flow, to }) => running.stop(to, flowReceiverProcess(flow))))
      const printed = await printedBy(begun, signal).catch(unless(signal))
      const collected = printed === undefined ? [] : await allOf(begun.map(parts => collectOne(parts, printed)))
      forget()
      return collected
    },
  }
}

const portTries = 3

/** What cannot be had of an attempt that does not count is no further trouble. */
const unless = (signal: AbortSignal) => (error: unknown) => {
  if (signal.aborted || !(error instanceof LockstepError)) throw error
  return undefined
}

function partsOf(flow: Flow, sessions: ReadonlyMap<string, HostSession>): Parts[] {
  const [tool, from, to] = [trafficTool(flow.tool), sessions.get(flow.from), sessions.get(flow.to)]
  return tool === undefined || from === undefined || to === undefined ? [] : [{ flow, tool, from, to }]
}

function siteOf({ flow, from, to }: Parts, ports: readonly number[]): FlowSite {
  const isV6 = ['6', 'version6', 'ipv6_domain'].some(name => flow.sender[name] === true)
  const address = flow.over ?? addressOf(to, isV6)
  return {
    sender: flow.sender,
    receiver: flow.receiver,
    to: address,
    from: addressOf(from, address.includes(':')),
    ports,
    folder: from.folder,
    startAt: undefined,
  }
}

function addressOf({ name, interface: device, facts }: HostSession, isV6: boolean): string {
  const found = facts.addresses?.find(address => address.includes(':') === isV6)
  if (found !== undefined) return found
  throw new LockstepError('HOST_INTERFACE', `${device} of ${name} has no IPv${isV6 ? 6 : 4} address`, {
    hint: "give it one, or say in the flow's 'over' which address it is reached by",
  })
}

const logFile = ({ folder }: HostSession, flow: Flow, end: 'sender' | 'receiver') =>
  `${folder}/${end === 'sender' ? senderProcess(flow) : flowReceiverProcess(flow)}.log`

/** The files of hosts, by host and path. */
type Printed = ReadonlyMap<string, ReadonlyMap<string, Buffer>>

/** What the ends of these flows have printed so far, with one question per host. */
async function printedBy(flows: readonly Parts[], signal: AbortSignal): Promise<Printed> {
  const wanted = new Map<HostSession, string[]>()
  const want = (host: HostSession, flow: Flow, end: 'sender' | 'receiver') => {
    const files = [outputFile(host.folder, flow.name, end), logFile(host, flow, end)]
    wanted.set(host, [...(wanted.get(host) ?? []), ...files])
  }
  for (const { flow, from, to } of flows) {
    want(from, flow, 'sender')
    want(to, flow, 'receiver')
  }
  const read = [...wanted].map(async ([host, files]) => [host.name, await filesAt(host, files, signal)] as const)
  return new Map(await allOf(read))
}

/** Each file behind a line with its length; one that is not there is empty. */
const catAll = `for file do
  [ -r "$file" ] || { echo 0; continue; }
  length=$(wc -c <"$file")
  echo "$length"
  head -c "$length" "$file"
done`

async function filesAt({ connection }: HostSession, files: readonly string[], signal: AbortSignal) {
  const { stdout } = await connection.exec(['sh', '-c', catAll, 'sh', ...files], { timeoutMs: fetchMs, signal })
  const read = new Map<string, Buffer>()
  let at = 0
  for (const file of files) {
    const end = stdout.indexOf(10, at)
    const length = Number(stdout.subarray(at, end).toString('utf8'))
    read.set(file, stdout.subarray(end + 1, end + 1 + length))
    at = end + 1 + length
  }
  return read
}

function outputOf(printed: Printed, host: HostSession, flow: Flow, end: 'sender' | 'receiver'): Omit<Output, 'code'> {
  const text = (file: string) => printed.get(host.name)?.get(file)?.toString('utf8') ?? ''
  return { stdout: text(outputFile(host.folder, flow.name, end)), stderr: lastOfLog(text(logFile(host, flow, end))) }
}

function lateness(flow: Flow, { due, released }: FlowStart): string[] {
  if (released === undefined || released - due <= lateNs) return []
  return [`sender ${flow.name} was started ${(released - due) / 1_000_000n} ms late: its host was too busy`]
}

function filesOf(flow: Flow, sender: Omit<Output, 'code'>, receiver: Omit<Output, 'code'> | undefined) {
  const file = (end: string, text: string | undefined) =>
    text === undefined || text === '' ? [] : [{ name: `${flow.name}.${end}`, bytes: Buffer.from(text) }]
  return [
    ...file('sender.out', sender.stdout),
    ...file('sender.err', readLaunch(sender.stderr).rest),
    ...file('receiver.out', receiver?.stdout),
  ]
}
