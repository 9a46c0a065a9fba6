import { offsets } from '../charts/offsets.ts'
import type { RunRecord } from '../run-folder.ts'
import { html, type Markup } from './markup.ts'

/** How far the clocks of every host were apart while the run looked. Undefined when nobody looked. */
export function clockSection({ sync, story, gateLimit }: RunRecord): Markup | undefined {
  const [first, last] = [sync[0], sync.at(-1)]
  if (first === undefined || last === undefined) return undefined
  const span = { fromMs: first.atMs, toMs: last.atMs }
  const traffic = story.trafficSpans
    .map(({ fromMs, toMs }) => ({ fromMs: Math.max(fromMs, span.fromMs), toMs: Math.min(toMs, span.toMs) }))
    .filter(({ fromMs, toMs }) => fromMs <= toMs)
  const hosts = [...new Set(sync.map(({ host }) => host))]
  return html`<h2>Clocks</h2>
<p class="soft">Offsets from the gate to the end: linear near zero, logarithmic beyond, at the edge when far off.
<span class="key a"></span>PHC minus grandmaster<span class="key b"></span>system clock minus PHC, or minus NTP where chronyd or the kernel told it${
    hosts.every(host => gateLimit(host) === undefined)
      ? undefined
      : html`<span class="key limit"></span>limit of the gate`
  }${traffic.length === 0 ? undefined : html`<span class="key band"></span>traffic`}</p>
<div class="charts">${hosts.map(host =>
    offsets({ host, points: sync.filter(point => point.host === host), limit: gateLimit(host), traffic, span }),
  )}</div>`
}
