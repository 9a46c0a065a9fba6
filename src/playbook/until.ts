import { type CriterionFault, type KnownFigure, readShare, readSubject } from './criteria.ts'

/** `until: 95% interval of FIGURE within 2 %`: a configuration is repeated until each flow that is meant is that precise. */
export interface Until {
  readonly text: string
  /** 0.95 for 95 %. */
  readonly level: number
  readonly flows: string
  readonly hosts: string
  readonly figure: string
  readonly statistic: string | undefined
  /** A share of the mean, or in the unit of the figure. */
  readonly within: { readonly share: number } | { readonly amount: number }
}

/** Reads `LEVEL% interval of [[FLOW] [host GLOB]:] FIGURE[.STAT] within SHARE% | QUANTITY`. */
export function readUntil(text: string, figures: ReadonlyMap<string, KnownFigure>): Until | CriterionFault {
  const match = /^(\s*)([\d.]+\s*%)(\s*interval\s+of\s+)([\s\S]+?)(\s+within\s+)([\s\S]+)$/.exec(text)
  if (match === null) return { message: 'expected a line like 95% interval of path-delay.mean within 2 %', offset: 0 }
  const [, blanks = '', percent = '', of = '', meant = '', , precision = ''] = match
  const level = readShare(percent)
  if (level === undefined || level <= 0 || level >= 1)
    return { message: `the level of an interval lies between 0 % and 100 %, got '${percent}'`, offset: blanks.length }
  const meantAt = blanks.length + percent.length + of.length
  const subject = readSubject(meant, figures)
  if ('message' in subject) return { ...subject, offset: subject.offset + meantAt }
  const { over, cells, flows, hosts, figure, statistic, restAt } = subject
  if (restAt < meant.length)
    return { message: `expected 'within' behind the figure, got '${meant.slice(restAt)}'`, offset: meantAt + restAt }
  if (over !== 'each' || cells !== '*')
    return { message: 'every configuration is repeated for itself: name flows and hosts only', offset: meantAt }
  const within = readPrecision(precision, figures.get(figure))
  if (typeof within === 'string') return { message: within, offset: text.length - precision.length }
  return { text: text.trim(), level, flows, hosts, figure, statistic, within }
}

function readPrecision(text: string, figure: KnownFigure | undefined): Until['within'] | string {
  const share = readShare(text)
  const amount = share === undefined ? figure?.parse(text.trim()) : undefined
  if (share === undefined && amount === undefined)
    return `expected a share of the mean, such as 2 %, or ${figure?.expects}, got '${text.trim()}'`
  if (!((share ?? amount ?? 0) > 0)) return 'no interval is within nothing'
  return share === undefined ? { amount: amount ?? 0 } : { share }
}
