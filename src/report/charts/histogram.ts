import { formatTime } from '../../units/format-time.ts'
import { html, type Markup } from '../page/markup.ts'
import { binned } from './bins.ts'
import { across, area, drawing, px, upwards } from './drawing.ts'
import type { Samples } from './samples.ts'
import { countLabel, linear, type Scale } from './scale.ts'

/** How a time is distributed over the packets: bars for how many, a line for how many are at most that long. */
export function histogram(title: string, samples: Samples): Markup {
  const { sorted } = samples
  const x = samples.scale(across)
  const counts = binned(sorted, x, barsFor(sorted.length))
  const y = linear({ from: 0, to: Math.max(...counts) * 1.05 }, upwards, countLabel, 4)
  const share = linear({ from: 0, to: 1 }, upwards, value => `${Math.round(value * 100)} %`, 4)
  return drawing({
    title,
    description: described(samples),
    x,
    y: wholeTicks(y),
    xName: samples.isLogarithmic ? 'time, logarithmic' : 'time',
    yName: 'packets',
    right: { scale: share, name: 'at most' },
    body: [bars(counts, y), cumulative(counts, share, sorted.length), ...['p50', 'p99'].map(p => mark(p, samples, x))],
  })
}

const barsFor = (packets: number) => Math.min(68, Math.max(8, Math.ceil(2 * Math.sqrt(packets))))
const wholeTicks = (scale: Scale): Scale => ({
  ...scale,
  ticks: scale.ticks.filter(({ value }) => Number.isInteger(value)),
})

function described({ statistics: { min, mean, max }, percentile, sorted }: Samples): string {
  const [low, middle, high] = [min, mean, max].map(value => formatTime(value, 3))
  const p99 = formatTime(percentile('p99'), 3)
  return `${sorted.length} packets, from ${low} to ${high}, mean ${middle}, 99 % at most ${p99}`
}

function bars(counts: readonly number[], y: Scale): Markup {
  const width = (area.right - area.left) / counts.length
  const path = counts.map((count, i) =>
    count === 0
      ? ''
      : `M${px(area.left + i * width + 0.5)} ${area.bottom}V${px(Math.min(y.at(count), area.bottom - 1))}h${px(width - 1)}V${area.bottom}z`,
  )
  return html`<path class="fill a" d="${path.join('')}"/>`
}

function cumulative(counts: readonly number[], share: Scale, all: number): Markup {
  const width = (area.right - area.left) / counts.length
  let sum = 0
  const points = counts.map((count, i) => {
    sum += count
    return `L${px(area.left + (i + 1) * width)} ${px(share.at(sum / all))}`
  })
  return html`<path class="line b" d="M${area.left} ${area.bottom}${points.join('')}"/>`
}

/** The name stands on the side where there is room. */
function mark(name: string, { percentile }: Samples, x: Scale): Markup {
  const at = x.at(Number(percentile(name)))
  const isFarRight = at > (area.left + area.right) / 2
  return html`<path class="mark" d="M${px(at)} ${area.top}V${area.bottom}"/>
<text x="${px(at + (isFarRight ? -4 : 4))}" y="${area.top + 9}" text-anchor="${isFarRight ? 'end' : 'start'}">${name}</text>`
}
