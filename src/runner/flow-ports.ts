import { LockstepError } from '../errors/error.ts'
import { portsInUse, portsInUseQuestion } from '../facts/listeners.ts'
import type { PortDemand } from '../tools/traffic-tool.ts'
import type { HostSession } from './host-session.ts'
import { allOf } from './patience.ts'

/** Gives out ports that are free at all ends of flows that have them in common, each once. */
export interface FlowPorts {
  /** Looks which ports of these hosts are in use now; who was looked at a moment ago is not looked at again, unless `anew`. */
  look(hosts: readonly HostSession[], how?: 'anew'): Promise<void>
  /** The first port of each demand. */
  take(flow: string, demands: readonly PortDemand[], ends: FlowEnds): readonly number[]
}

export interface FlowEnds {
  readonly from: readonly HostSession[]
  readonly to: readonly HostSession[]
}

/** Which ports hosts had in use when they were last looked at, for tests one after the other. */
export type SeenPorts = Map<string, { readonly ports: ReadonlySet<number>; readonly atMs: number }>

/** What somebody has taken since then is noticed when a receiver of ours cannot have it. */
const freshMs = 30_000

/** One that was given out stays taken on its host for the whole run, also when its process is gone: TCP keeps it a while. */
export function flowPorts(seen: SeenPorts, signal: AbortSignal): FlowPorts {
  const given = new Map<string, Set<number>>()
  const givenAt = (host: string) => {
    const known = given.get(host) ?? new Set()
    given.set(host, known)
    return known
  }
  return {
    look: async (hosts, how) => {
      const now = performance.now()
      const isFresh = ({ name }: HostSession) => now - (seen.get(name)?.atMs ?? Number.NEGATIVE_INFINITY) < freshMs
      const asked = how === 'anew' ? hosts : hosts.filter(host => !isFresh(host))
      await allOf(asked.map(async host => seen.set(host.name, { ports: await inUse(host, signal), atMs: now })))
    },
    take: (flow, demands, { from, to }) => {
      const hostsOf = ({ at }: PortDemand) => (at === 'receiver' ? to : [...to, ...from]).map(({ name }) => name)
      return demands.map(demand => {
        const hosts = hostsOf(demand)
        const isFree = (port: number) => !hosts.some(host => seen.get(host)?.ports.has(port) || givenAt(host).has(port))
        const first = firstFree(demand, isFree)
        if (first === undefined) throw new LockstepError('STEP_PORT', `${hosts[0]} has no free port for flow ${flow}`)
        for (let port = first; port < first + demand.count; port++) for (const host of hosts) givenAt(host).add(port)
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
  const options = { question: portsInUseQuestion, timeoutMs: 10_000, signal }
  const { stdout } = await session.ask(['sh', '-c', portsInUse.ask], options)
  return portsInUse.read(stdout.toString('utf8')) ?? new Set()
}
