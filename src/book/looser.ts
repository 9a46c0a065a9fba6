import { covers, type Net } from '../units/net.ts'
import type { Hours } from './hours.ts'
import { type LimitName, type LimitValues, limitKinds } from './limits.ts'

/** Whether a value allows something that the other, above it, does not. */
export function isLooser<N extends LimitName>(limit: N, value: LimitValues[N], above: LimitValues[N]): boolean {
  const kind = limitKinds[limit]
  if (kind === 'list') return (value as readonly string[]).some(each => !(above as readonly string[]).includes(each))
  if (kind === 'nets')
    return (value as readonly Net[]).some(net => !(above as readonly Net[]).some(each => covers(each, net)))
  if (kind === 'hours') return hasOther(value as Hours, above as Hours)
  if (kind === 'leave') return value === true && above !== true
  if (limit === 'cool_down') return value < above
  return typeof value === 'number' ? value > (above as number) : isDenser(value as Dense, above as Dense)
}

interface Dense {
  readonly most: number
  readonly period: number
}

/** The most that fits into a period of the one above: as many periods of one's own as it takes to cover it. */
const isDenser = (own: Dense, above: Dense) => Math.ceil(above.period / own.period) * own.most > above.most

/** In another time zone both are asked at the time itself: which of them is wider changes with the seasons. */
const hasOther = (own: Hours, above: Hours) =>
  own.tz === above.tz &&
  own.spans.some(({ from, to }) => {
    const length = spanLength(from, to)
    return !above.spans.some(each => {
      const offset = (from - each.from + day) % day
      return offset + length <= spanLength(each.from, each.to)
    })
  })

const day = 24 * 60
const spanLength = (from: number, to: number) => (to - from + day) % day || day
