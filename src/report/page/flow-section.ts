import type { DatFile } from '../../stats/dat-file.ts'
import { survey } from '../../stats/packets.ts'
import { histogram } from '../charts/histogram.ts'
import { overPackets } from '../charts/over-packets.ts'
import { type Samples, samplesOf } from '../charts/samples.ts'
import type { RecordedFlow } from '../run-folder.ts'
import { html, type Markup } from './markup.ts'
import { allFigures } from './tables.ts'

/** What keeps the page of many flows small: dots for all charts together, and charts over the test up to so many flows. */
const dotsPerPage = 16_000
const mostFlowsInFull = 24

/** A section per flow. Packet logs are read here and let go again: one at a time is in memory. */
export function flowSections(flows: readonly RecordedFlow[]): Markup[] {
  const mostDots = flows.length > mostFlowsInFull ? undefined : Math.floor(dotsPerPage / 2 / flows.length)
  return flows.map(flow => flowSection(flow, mostDots))
}

function flowSection(flow: RecordedFlow, mostDots: number | undefined): Markup {
  const log = flow.log()
  return html`<section><h3>${flow.name} <span class="soft">${flow.from} → ${flow.to}, ${flow.tool}</span></h3>
${log === undefined ? html`<p class="soft">no packet log</p>` : charts(log, mostDots)}
<details><summary>all figures of ${flow.name}</summary>${allFigures(flow)}</details></section>`
}

function charts(log: DatFile, mostDots: number | undefined): Markup {
  const { complete } = survey(log, 0, log.header.packetCount, false)
  const delay = samplesOf(log, 'path-delay', complete)
  const wakeup = samplesOf(log, 'wakeup-latency', complete)
  if (delay === undefined || wakeup === undefined)
    return html`<p class="soft">no packet was both stamped and received</p>`
  const over = (title: string, samples: Samples) =>
    mostDots === undefined ? undefined : overPackets(`${title} over the test`, samples, complete, mostDots)
  return html`<div class="charts">${[
    histogram('Path delay', delay),
    over('Path delay', delay),
    histogram('Wakeup latency', wakeup),
    over('Wakeup latency', wakeup),
  ]}</div>`
}
