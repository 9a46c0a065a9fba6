import type { Column } from '../../stats/metrics.ts'
import { html, type Markup } from '../page/markup.ts'
import { across, area, dots, drawing, px, upwards } from './drawing.ts'
import type { Samples } from './samples.ts'
import { countLabel, linear, type Scale } from './scale.ts'

const cells = { across: 96, up: 28 } as const
/** Shades of a cell, from a single packet to the fullest one. */
const shades = 5

/**
 * A time over the course of the test. Up to `mostDots` packets are dots; more become cells that are darker where more
 * packets are, so that the page stays small.
 */
export function overPackets(
  title: string,
  { values, scale, isLogarithmic }: Samples,
  records: Uint32Array,
  mostDots: number,
): Markup {
  const last = (records.at(-1) ?? 0) + 1
  const x = linear({ from: 1, to: Math.max(last, 2) }, across, countLabel)
  const y = scale(upwards)
  const few = values.length <= mostDots
  return drawing({
    title,
    description: few ? 'one dot per packet' : 'darker where more packets are',
    x: { ...x, ticks: x.ticks.filter(({ value }) => Number.isInteger(value)) },
    y,
    xName: 'packet',
    yName: isLogarithmic ? 'time, logarithmic' : 'time',
    body: few ? [eachPacket(values, records, x, y)] : densityOf(values, records, x, y),
  })
}

const eachPacket = (values: Column, records: Uint32Array, x: Scale, y: Scale): Markup =>
  html`${dots(
    'a',
    Array.from<number | bigint, readonly [number, number]>(
      values,
      (value, i) => [x.at((records[i] ?? 0) + 1), y.at(Number(value))] as const,
    ),
  )}`

function densityOf(values: Column, records: Uint32Array, x: Scale, y: Scale): Markup[] {
  const counts = new Uint32Array(cells.across * cells.up)
  const column = place(cells.across, area.left, area.right)
  const row = place(cells.up, area.bottom, area.top)
  for (let i = 0; i < values.length; i++) {
    const cell = row(y.at(Number(values[i]))) * cells.across + column(x.at((records[i] ?? 0) + 1))
    counts[cell] = (counts[cell] ?? 0) + 1
  }
  const most = counts.reduce((a, b) => Math.max(a, b), 1)
  const shadeOf = counts.map(count => Math.ceil(Math.sqrt(count / most) * shades))
  return Array.from({ length: shades }, (_, i) => shadeMarkup(shadeOf, i + 1))
}

const place = (parts: number, from: number, to: number) => (pixel: number) =>
  Math.min(parts - 1, Math.max(0, Math.floor(((pixel - from) / (to - from)) * parts)))

/** Neighbours of one shade in a row are one rectangle. */
function shadeMarkup(shadeOf: Uint32Array, shade: number): Markup {
  const [width, height] = [(area.right - area.left) / cells.across, (area.bottom - area.top) / cells.up]
  let path = ''
  for (let row = 0; row < cells.up; row++) {
    const y = area.bottom - (row + 1) * height
    for (let column = 0; column < cells.across; column++) {
      const first = column
      while (column < cells.across && shadeOf[row * cells.across + column] === shade) column++
      if (column > first)
        path += `M${px(area.left + first * width)} ${px(y)}h${px((column - first) * width)}v${px(height)}H${px(area.left + first * width)}z`
    }
  }
  return html`<path class="fill a shade${shade}" d="${path}"/>`
}
