import { type FigureKind, formatFigure } from '../units/figure-kind.ts'
import { formatTime } from '../units/format-time.ts'

/**
 * Figures as they stand on a screen: one cell per figure. `path-delay.mean` and `path-delay.max` become
 * `path-delay: 2.16us, max 16.3us`; a count stays as it is. The other statistics are in the run folder.
 */
export function screenFigures(
  figures: Readonly<Record<string, string>>,
  kinds: Readonly<Record<string, FigureKind>> = {},
): Map<string, string> {
  const cells = toolCells(figures, kinds)
  for (const [key, value] of Object.entries(figures)) {
    const [name = key, statistic] = key.split('.', 2)
    if (name in kinds || inFolderOnly.test(name)) continue
    if (statistic === undefined) cells.set(name, value)
    else if (statistic === 'mean') cells.set(name, timeCell(value, figures[`${name}.max`]))
  }
  return cells
}

/** The IETF's figures say again, by their own definitions, what a screen has no room to say twice. */
const inFolderOnly = /^(one-way-|reorder|ipdv$)/

/** What a tool said, each with the unit of its kind. */
function toolCells(
  figures: Readonly<Record<string, string>>,
  kinds: Readonly<Record<string, FigureKind>>,
): Map<string, string> {
  return new Map(
    Object.entries(kinds).flatMap(([name, kind]) => {
      if (inFolderOnly.test(name)) return []
      const shown = (key: string) => (figures[key] === undefined ? undefined : formatFigure(kind, Number(figures[key])))
      const [value, mean, max] = [shown(name), shown(`${name}.mean`), shown(`${name}.max`)]
      const cell = value ?? (mean === undefined || max === undefined ? (mean ?? max) : `${mean}, max ${max}`)
      return cell === undefined ? [] : [[name, cell] as const]
    }),
  )
}

const timeCell = (mean: string, max: string | undefined): string =>
  max === undefined ? time(mean) : `${time(mean)}, max ${time(max)}`

/** Nanoseconds as result.json has them; what is no number stays as it is. */
const time = (value: string): string => (/^-?\d+(\.\d+)?$/.test(value) ? formatTime(Number(value), 1) : value)
