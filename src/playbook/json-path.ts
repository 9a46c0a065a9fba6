/** The name of a member or the number of an item; `every`: all items of a list. */
export type JsonStep = string | typeof every
export const every = Symbol('[*]')

export interface JsonPathFault {
  readonly message: string
  /** Where in the text, from 0. */
  readonly offset: number
}

const steps = /^(?:\.?([A-Za-z_$][\w$-]*)|\.?(\d+)|\[(\d+)\]|\[(\*)\]|\["((?:[^"\\]|\\.)*)"\])/

/** Reads `end.sum.rate`, `intervals[*].rate`, `[0]["a name"]`; a `$` in front may stand for the whole. */
export function readJsonPath(text: string): readonly JsonStep[] | JsonPathFault {
  const path: JsonStep[] = []
  let at = /^\$(?=[.[]|$)/.test(text) ? 1 : 0
  while (at < text.length) {
    const found = steps.exec(text.slice(at))
    const isSeparated = at === 0 || /^[.[]/.test(text.slice(at))
    if (found === null || !isSeparated) {
      return { message: `expected .NAME, [NUMBER], [*] or ["NAME"], got '${text.slice(at)}'`, offset: at }
    }
    const [all, name, digits, index, star, quoted] = found
    path.push(star === undefined ? (name ?? digits ?? index ?? quoted?.replaceAll(/\\(.)/g, '$1') ?? '') : every)
    at += all.length
  }
  return path
}
