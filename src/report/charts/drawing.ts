import { html, type Markup } from '../page/markup.ts'
import type { Scale } from './scale.ts'

/** Every chart has the same drawing area, in units of the SVG. */
export const size = { width: 520, height: 230 } as const
export const area = { left: 64, right: 472, top: 22, bottom: 188 } as const
export const across = { from: area.left, to: area.right } as const
export const upwards = { from: area.bottom, to: area.top } as const

export interface Chart {
  readonly title: string
  /** What a reader who cannot see it should know. */
  readonly description: string
  readonly x: Scale
  readonly y: Scale
  readonly xName: string
  readonly yName: string
  readonly right?: { readonly scale: Scale; readonly name: string }
  readonly body: readonly Markup[]
}

/** A chart as a figure with its caption: grid, axes, body. */
export const drawing = ({ title, description, x, y, xName, yName, right, body }: Chart): Markup => html`<figure>
<figcaption>${title}</figcaption>
<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${`${title}: ${description}`}">
${y.ticks.map(tick => horizontal(y.at(tick.value), tick.label))}
${x.ticks.map(tick => vertical(x.at(tick.value), tick.label))}
${right?.scale.ticks.map(tick => rightLabel(right.scale.at(tick.value), tick.label))}
${body}
<path class="axis" d="M${area.left} ${area.top}V${area.bottom}H${area.right}"/>
<text class="name" x="${area.left}" y="12" text-anchor="start">${yName}</text>
${right && html`<text class="name" x="${area.right}" y="12" text-anchor="end">${right.name}</text>`}
<text class="name" x="${area.right}" y="${size.height - 8}" text-anchor="end">${xName}</text>
</svg>
</figure>`

const horizontal = (y: number, label: string) => html`<path class="grid" d="M${area.left} ${px(y)}H${area.right}"/>
<text x="${area.left - 6}" y="${px(y + 4)}" text-anchor="end">${label}</text>`

const vertical = (x: number, label: string) => html`<path class="grid" d="M${px(x)} ${area.top}V${area.bottom}"/>
<text x="${px(x)}" y="${area.bottom + 15}" text-anchor="middle">${label}</text>`

const rightLabel = (y: number, label: string) =>
  html`<text x="${area.right + 6}" y="${px(y + 4)}" text-anchor="start">${label}</text>`

/** Places are written to a tenth of a unit: finer is not seen, and the page stays small. */
export const px = (value: number): string => value.toFixed(1).replace(/\.0$/, '')

/** Dots as one path of strokes without length; the style gives them their size. */
export const dots = (className: string, places: readonly (readonly [x: number, y: number])[]): Markup | undefined =>
  places.length === 0
    ? undefined
    : html`<path class="dots ${className}" d="${places.map(([x, y]) => `M${px(x)} ${px(y)}h0`).join('')}"/>`
