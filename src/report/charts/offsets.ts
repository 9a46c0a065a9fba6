import { formatTime } from '../../units/format-time.ts'
import { html, type Markup } from '../page/markup.ts'
import type { Span } from '../story.ts'
import type { SyncPoint } from '../sync-lines.ts'
import { across, area, dots, drawing, px, upwards } from './drawing.ts'
import { linear, type Scale, symmetric, timeLabel } from './scale.ts'

export interface OffsetsOf {
  readonly host: string
  readonly points: readonly SyncPoint[]
  /** The gate's limit, ns. */
  readonly limit: bigint | undefined
  readonly traffic: readonly Span[]
  /** The time of the first and last reading of any host, so that all charts have one axis. */
  readonly span: Span
}

/** Offsets beyond this many times the limit are drawn at the edge: clocks that were never set are decades apart. */
const farthest = 1000

/** How far a host's clocks were apart, from the gate to the end, with the gate's limit. */
export function offsets({ host, points, limit, traffic, span }: OffsetsOf): Markup {
  const sizes = points.flatMap(({ phcOffset, systemOffset }) => [magnitude(phcOffset), magnitude(systemOffset)])
  const seen = largest([1, ...sizes])
  const unit = limit === undefined || limit === 0n ? Math.max(1, seen / 10) : Number(limit)
  const most = Math.min(seen * 1.1, unit * farthest)
  const x = linear({ from: 0, to: Math.max(1, span.toMs - span.fromMs) * 1e6 }, across, timeLabel)
  const y = symmetric(unit, most, upwards, timeLabel)
  const at = (ms: number) => x.at((ms - span.fromMs) * 1e6)
  return drawing({
    title: host,
    description: described(points, limit),
    x,
    y,
    xName: 'since the first reading',
    yName: 'offset',
    body: [
      ...traffic.map(each => trafficBand(at(each.fromMs), at(each.toMs))),
      ...(limit === undefined ? [] : [limitLine(y.at(Number(limit))), limitLine(y.at(-Number(limit)))]),
      ...series('a', points, at, y, point => point.phcOffset),
      ...series('b', points, at, y, point => point.systemOffset),
    ],
  })
}

/** A spread argument list would end at some 100 000 readings. */
const largest = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), 0)
const magnitude = (offset: bigint | undefined) => Math.abs(Number(offset ?? 0n))

function described(points: readonly SyncPoint[], limit: bigint | undefined): string {
  const during = points.filter(({ phase }) => phase === 'traffic')
  const worst = (of: (point: SyncPoint) => bigint | undefined) =>
    formatTime(largest(during.map(point => magnitude(of(point)))))
  const bound = limit === undefined ? 'no limit known' : `limit ${formatTime(limit)}`
  if (during.length === 0) return `${points.length} readings before traffic, ${bound}`
  const phc = worst(point => point.phcOffset)
  return `during traffic PHC at most ${phc} and system clock at most ${worst(point => point.systemOffset)} off, ${bound}`
}

const trafficBand = (from: number, to: number): Markup =>
  html`<rect class="band" x="${px(from)}" y="${area.top}" width="${px(Math.max(1, to - from))}" height="${area.bottom - area.top}"/>`

const limitLine = (y: number): Markup => html`<path class="limit" d="M${area.left} ${px(y)}H${area.right}"/>`

const clamped = (y: number) => Math.min(area.bottom, Math.max(area.top, y))

/** Readings that fall on the same place are drawn once. */
function series(
  className: string,
  points: readonly SyncPoint[],
  at: (ms: number) => number,
  y: Scale,
  of: (point: SyncPoint) => bigint | undefined,
): Markup[] {
  const places = new Map<string, readonly [number, number]>()
  for (const point of points) {
    const offset = of(point)
    if (offset === undefined) continue
    const place = [at(point.atMs), clamped(y.at(Number(offset)))] as const
    places.set(place.map(each => Math.round(each * 2)).join(), place)
  }
  const drawn = dots(className, [...places.values()])
  return drawn === undefined ? [] : [drawn]
}
