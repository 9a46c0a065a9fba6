import { LockstepError } from '../errors/error.ts'
import { portsInUse } from '../facts/listeners.ts'
import type { PortDemand } from '../tools/traffic-tool.ts'
import type { HostSession } from './host-session.ts'
import { allOf } from './patience.ts'

/** Gives out ports that are free at both ends of a flow, each once. */
export interface FlowPorts {
  /** Looks which ports of these hosts are in use now. */
  look(hosts: readonly HostSession[]): Promise<void>
  /** The first port of each demand. */
  take(flow: string, demands: readonly PortDemand[], ends: FlowEnds): readonly number[]
}

export interface FlowEnds {
  readonly from: HostSession
  readonly to: HostSession
}

/** One that was given out stays taken on its host for the whole run, also when its process is gone: TCP keeps it a while. */
export function flowPorts(signal: AbortSignal): FlowPorts {
  const given = new Map<string, Set<number>>()
  const seen = new Map<string, ReadonlySet<number>>()
  const givenAt = (host: string) => {
    const known = given.get(host) ?? new Set()
    given.set(host, known)
    return known
  }
  return {
    look: async hosts => {
      await allOf(hosts.map(async host => seen.set(host.name, await inUse(host, signal))))
    },
    take: (flow, demands, { from, to }) => {
      const [atTo, atFrom] = [seen.get(to.name), seen.get(from.name)]
      const isFree = ({ at }: PortDemand, port: number) =>
        !atTo?.has(port) &&
        !givenAt(to.name).has(port) &&
        (at === 'receiver' || (!atFrom?.has(port) && !givenAt(from.name).has(port)))
      return demands.map(demand => {
        const first = firstFree(demand, port => isFree(demand, port))
        if (first === undefined) throw new LockstepError('STEP_PORT', `${to.name} has no free port for flow ${flow}`)
        for (let port = first; port < first + demand.count; port++) {
          givenAt(to.name).add(port)
          if (demand.at === 'both') givenAt(from.name).add(port)
        }
        return first
      })
    },
  }
}

/** The first of so many free ports in a row. */
export function firstFree({ count, first }: PortDemand, isFree: (port: number) => boolean): number | undefined {
  let begin = first
  for (let port = first; port <= 65_535; port++) {
    if (!isFree(port)) begin = port + 1
    else if (port - begin + 1 >= count) return begin
  }
  return undefined
}

async function inUse(session: HostSession, signal: AbortSignal): Promise<ReadonlySet<number>> {
  const { stdout } = await session.ask(['sh', '-c', portsInUse.ask], { timeoutMs: 10_000, signal })
  return portsInUse.read(stdout.toString('utf8')) ?? new Set()
}
