import { after, type Micros, type Moment } from '../units/micros.ts'

/** Times of day, in minutes since midnight; one whose end is not after its begin goes over midnight. */
export interface Hours {
  readonly spans: readonly HourSpan[]
  /** An IANA name, as `Europe/Berlin`. */
  readonly tz: string
}

export interface HourSpan {
  readonly from: number
  readonly to: number
}

/** Whether a test lies, from its start to its end, within one of the spans. */
export function within({ spans, tz }: Hours, start: Moment, duration: Micros): boolean {
  const [begin, end] = [minuteOf(start, tz), minuteOf(after(start, duration), tz)]
  const length = duration / perMinute
  return spans.some(span => {
    // The end is looked at by the clock on the wall, too: a night in which the clocks change is longer or shorter.
    const [left, atEnd] = [leftIn(span, begin), leftIn(span, end, true)]
    return left !== undefined && atEnd !== undefined && length <= left
  })
}

export const isTimeZone = (tz: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: tz })
    return true
  } catch {
    return false
  }
}

/** Reads `22:00-06:00`; 24:00 is the end of a day. */
export function parseSpan(text: string): HourSpan | undefined {
  const [, ...parts] = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(text.trim()) ?? []
  const [fromHour = 99, fromMinute = 0, toHour = 0, toMinute = 0] = parts.map(Number)
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute]
  if (fromMinute > 59 || toMinute > 59 || from >= day || to > day || from === to) return undefined
  return { from, to }
}

/** The minutes from a time of day to the end of a span; undefined outside of it. The end itself belongs to it when asked for. */
function leftIn({ from, to }: HourSpan, minute: number, withEnd = false): number | undefined {
  const length = (to - from + day) % day || day
  const passed = (minute - from + day) % day
  const inside = withEnd ? passed <= length : passed < length
  return inside ? length - passed : undefined
}

const day = 24 * 60
const perMinute = 60_000_000

/** The time of day in a zone, with its fraction of a minute. */
function minuteOf(at: Moment, tz: string): number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: tz,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const part = (type: string) => Number(format.formatToParts(at / 1_000).find(each => each.type === type)?.value ?? 0)
  return part('hour') * 60 + part('minute') + (at % perMinute) / perMinute
}
