import type { Flow, Play } from '../playbook/play.ts'
import { isochronTest, trafficLasts } from '../tools/isochron.ts'
import { trafficToolOf } from '../tools/traffic-tools.ts'
import { usualLeadMs } from './common-start.ts'
import { isIsochron } from './flow-tools.ts'
import { plannedSite } from './plan.ts'

/** Of a test or a round of it: starting receivers, reading figures, writing its folder. */
const overheadNs = 300_000_000n

/** How long something is to take at least, ns. */
export interface Span {
  readonly span: bigint
  /** Whether nobody knows how long one of its flows goes on. */
  readonly open: boolean
}

/** From the receivers to the verdict when the first attempt at everything is a good one. */
export function testSpan(play: Play): Span {
  const { sync, flows, mesh } = play
  const gate = sync?.gate
  const ticks = gate === undefined ? 0n : gate.every * BigInt(gate.good - 1)
  const held = gate !== undefined && gate.hold > ticks ? gate.hold : ticks
  const byName = new Map(flows.map(flow => [flow.name, flow]))
  const rounds = mesh?.rounds.map(names => names.flatMap(name => byName.get(name) ?? [])) ?? [flows]
  const spans = rounds.map(each => roundSpan(each, play))
  return { span: spans.reduce((sum, { span }) => sum + span, held), open: spans.some(({ open }) => open) }
}

function roundSpan(flows: readonly Flow[], play: Play): Span {
  const lasting = flows.map(flow => {
    if (isIsochron(flow)) return trafficLasts(isochronTest(flow.sender))
    const tool = trafficToolOf(flow)
    return tool?.sender(plannedSite(flow, tool, play)).lasts
  })
  const longest = lasting.reduce<bigint>((most, each) => (each !== undefined && each > most ? each : most), 0n)
  const lead = BigInt(usualLeadMs(flows.length)) * 1_000_000n
  return { span: lead + longest + overheadNs, open: lasting.includes(undefined) }
}

/** `90 s`, `12 min`, `3 h 20 min`: rounded up. */
export function spanInWords(span: bigint): string {
  const seconds = Number((span + 999_999_999n) / 1_000_000_000n)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
