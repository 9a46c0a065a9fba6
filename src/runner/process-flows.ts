import { randomUUID } from 'node:crypto'
import { LockstepError } from '../errors/error.ts'
import type { Flow, Play } from '../playbook/play.ts'
import { told } from '../tools/launcher.ts'
import type { FlowSite, PortDemand } from '../tools/traffic-tool.ts'
import { orAborted } from '../transport/deadline.ts'
import { toMs, type UtcInstant } from '../units/quantity.ts'
import type { RunContext } from './context.ts'
import { type CollectedFlow, type FlowEnding, printedBy, readFlow } from './flow-outputs.ts'
import {
  type BegunAttempt,
  type FlowAttempt,
  type FlowParts,
  familiesOf,
  partsOf,
  receiversOf,
  sendersOf,
  siteOf,
} from './flow-parts.ts'
import { flowPorts, type SeenPorts } from './flow-ports.ts'
import { flowReceiverProcess, flowReceiverSpec, senderProcess, senderSpec, startFile } from './flow-programs.ts'
import { untilReported } from './flow-reported.ts'
import { untilSent } from './flow-watch.ts'
import type { HostSession } from './host-session.ts'
import { allOf, anySignalWithin } from './patience.ts'
import type { Processes } from './processes.ts'

/** The flows of a run whose ends are processes, from the start of their receivers to what both ends printed. */
export interface ProcessFlows {
  readonly flows: readonly Flow[]
  /** Starts the receivers that do not run yet, on ports that are free now; `held`: the launchers of their senders beside them. */
  ready(how?: 'held'): Promise<void>
  /** Starts the launchers of senders that have none yet; resolves when all of them wait for the start. */
  hold(): Promise<void>
  /** Tells every sender's host the start: its senders begin when its clock says `due.at` of it. */
  release(due: CommonStart): Promise<void>
  /** Whether some of them are told the start and wait for it themselves. */
  waitThemselves(): boolean
  /** How long each is to last, where that is known. */
  schedule(): readonly FlowSpan[]
  /** Resolves when every sender has ended; AttemptVoid as soon as one cannot come to a good end any more. */
  untilOver(signal: AbortSignal): Promise<void>
  /** Ends what is left of the receivers and fetches what both ends printed. */
  collect(): Promise<readonly CollectedFlow[]>
  /** Ends what is left of an attempt that does not count, and fetches what there is; in a hurry, neither. */
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

/** How often another port is tried when somebody takes the one that was free. */
const portTries = 3
/** A receiver that ends by itself after its sender is given so long. */
const partingMs = 3_000

export function processFlows(
  play: Play,
  sessions: ReadonlyMap<string, HostSession>,
  { running, seenPorts }: { readonly running: Processes; readonly seenPorts: SeenPorts },
  { emit, signal }: RunContext,
): ProcessFlows {
  const all = play.flows.flatMap(flow => partsOf(flow, play, sessions))
  const ports = flowPorts(seenPorts, signal)
  const attempts = new Map<string, FlowAttempt>()
  const attemptOf = (flow: Flow): FlowAttempt => {
    const attempt = attempts.get(flow.name)
    if (attempt === undefined) throw new TypeError(`flow ${flow.name} has not been made ready`)
    return attempt
  }

  const begunOf = (flow: Flow): BegunAttempt => {
    const { start, ...attempt } = attemptOf(flow)
    if (start === undefined) throw new TypeError(`the sender of flow ${flow.name} has not been started`)
    return { ...attempt, start }
  }

  /** Flows that share ends have their ports in common. */
  const readyFamily = async (family: readonly FlowParts[], how: 'held' | undefined) => {
    const ends = { from: family.map(({ from }) => from), to: family.map(({ to }) => to) }
    for (let tries = 1; ; tries++) {
      const given = ports.take(family[0]?.flow.name ?? '', demandsOf(family), ends)
      const receivers = receiversOf(family).flatMap(parts => receiverAt(parts, siteOf(parts, given)) ?? [])
      const hasReceiver = receivers.length > 0
      for (const parts of family) {
        attempts.set(parts.flow.name, { site: siteOf(parts, given), hasReceiver, isHeld: false, start: undefined })
      }
      try {
        const senders = how === 'held' ? sendersOf(family) : []
        await allOf([...receivers.map(({ to, spec }) => running.start(to, spec)), ...senders.map(hold)])
        return
      } catch (error) {
        // Somebody may have taken the port between our look and its start.
        if (tries === portTries || !(error instanceof LockstepError) || error.code !== 'STEP_PROCESS') throw error
        await stopEnds(family)
        for (const { flow } of family) attempts.delete(flow.name)
        await ports.look([...new Set([...ends.to, ...ends.from])], 'anew')
      }
    }
  }

  const receiverAt = ({ flow, tool, to }: FlowParts, site: FlowSite) => {
    const spec = flowReceiverSpec(flow, tool, { ...site, folder: to.folder })
    return spec && { to, spec }
  }

  const stopEnds = async (flows: readonly FlowParts[]) => {
    const held = flows.filter(({ flow }) => attemptOf(flow).isHeld)
    await allOf(sendersOf(held).map(({ flow, from }) => running.stop(from, senderProcess(flow))))
    await allOf(receiversOf(flows).map(({ flow, to }) => running.stop(to, flowReceiverProcess(flow))))
  }

  /** What the launchers of an attempt wait for. */
  let start = ''

  const hold = async ({ flow, tool, from }: FlowParts) => {
    const attempt = attemptOf(flow)
    attempt.isHeld = true
    await running.start(from, senderSpec(flow, tool, attempt.site, { start, byPerl: await from.hasPerl() }))
  }

  /** A receiver that goes on is asked for its report of this flow. */
  const reported = async (parts: FlowParts): Promise<void> => {
    const { flow, tool, from } = parts
    const { site, hasReceiver, start } = begunOf(flow)
    const within = hasReceiver ? tool.receiver(site)?.reportsWithin : undefined
    if (within === undefined) return
    const senderCode = await running.untilEnded(from, senderProcess(flow), signal)
    const ending = { due: start.due, senderCode, receiver: { code: undefined } }
    await untilReported(parts, ending, toMs(within), signal)
  }

  const part = async ({ flow, tool, to }: FlowParts): Promise<void> => {
    const { site, hasReceiver } = attemptOf(flow)
    if (!hasReceiver) return
    const plan = tool.receiver(site)
    if (plan?.oneShot) {
      const { signal: patience, done } = anySignalWithin(partingMs, signal)
      await running.untilEnded(to, flowReceiverProcess(flow), patience).catch(() => undefined)
      done()
    }
    await running.stop(to, flowReceiverProcess(flow))
  }

  /** What came of flows whose processes have all ended. */
  const collected = async (flows: readonly FlowParts[]): Promise<readonly CollectedFlow[]> => {
    const printed = await printedBy(flows, signal)
    return allOf(
      flows.map(async parts => {
        const found = readFlow(parts, printed, await endingOf(parts))
        emit({ kind: 'sender_started', flow: found.flow.name, host: found.flow.from, ...found.start })
        return found
      }),
    )
  }

  const endingOf = async ({ flow, from, to }: FlowParts): Promise<FlowEnding> => {
    const { start, hasReceiver } = begunOf(flow)
    const code = (host: HostSession, name: string) => running.untilEnded(host, name, signal)
    return {
      due: start.due,
      senderCode: await code(from, senderProcess(flow)),
      receiver: hasReceiver ? { code: await code(to, flowReceiverProcess(flow)) } : undefined,
    }
  }

  return {
    flows: all.map(({ flow }) => flow),
    ready: async how => {
      if (attempts.size === 0) start = randomUUID()
      const lacking = all.filter(({ flow }) => !attempts.has(flow.name))
      const listening = lacking.filter(({ flow, tool }) => tool.ports(flow.sender).length > 0)
      await ports.look([...new Set(listening.flatMap(({ from, to }) => [from, to]))])
      await allOf(familiesOf(lacking).map(family => readyFamily(family, how)))
    },
    hold: async () => {
      await allOf(
        sendersOf(all)
          .filter(({ flow }) => !attemptOf(flow).isHeld)
          .map(hold),
      )
    },
    release: async ({ at, atMs }) => {
      for (const { flow } of all) attemptOf(flow).start = { due: at(flow.from), atMs }
      const hosts = [...new Set(all.map(({ from }) => from))]
      await allOf(hosts.map(host => orAborted(host.tell(startFile, told(start, at(host.name))), signal)))
    },
    waitThemselves: () =>
      all.some(({ flow, tool }) => tool.sender({ ...attemptOf(flow).site, startAt: 'told' }).start === 'own'),
    schedule: () =>
      all.map(({ flow, tool }) => {
        const { lasts } = tool.sender(attemptOf(flow).site)
        return { flow: flow.name, lastsMs: lasts === undefined ? undefined : toMs(lasts) }
      }),
    untilOver: async until => {
      const reasons: string[] = []
      await Promise.all(all.map(parts => untilSent(parts, begunOf(parts.flow), running, { until, reasons })))
    },
    collect: async () => {
      await allOf(all.map(reported))
      await allOf(receiversOf(all).map(part))
      const found = await collected(all)
      attempts.clear()
      return found
    },
    abandon: async inHurry => {
      if (inHurry) return []
      const known = all.filter(({ flow }) => attempts.has(flow.name))
      const begun = known.filter(({ flow }) => attemptOf(flow).start !== undefined)
      await stopEnds(known)
      const found = await collected(begun).catch(noMatterUnless(signal))
      attempts.clear()
      return found
    },
  }
}

/** Of commands that share an end one may use more ports than another. */
function demandsOf(family: readonly FlowParts[]): readonly PortDemand[] {
  const demands = family.map(({ flow, tool }) => tool.ports(flow.sender))
  const total = (each: readonly PortDemand[]) => each.reduce((sum, { count }) => sum + count, 0)
  return demands.toSorted((a, b) => total(b) - total(a))[0] ?? []
}

/** What cannot be had of an attempt that does not count is no further trouble. */
const noMatterUnless = (signal: AbortSignal) => (error: unknown) => {
  if (signal.aborted || !(error instanceof LockstepError)) throw error
  return []
}
