/** The names that a pattern stands for, or what is wrong with it and how far into it. */
export type Expansion = { readonly names: readonly string[] } | { readonly problem: string; readonly offset: number }

/** Far more than any lab has; a slip of the finger must not fill the memory. */
const mostNames = 1_000_000

/** Expands `node[01:12:2]-[a:c]`: both ends included, several ranges per name, the leftmost varies slowest. */
export function expandRanges(pattern: string): Expansion {
  let names: readonly string[] = ['']
  let at = 0
  for (let open = pattern.indexOf('['); open >= 0; open = pattern.indexOf('[', at)) {
    const close = pattern.indexOf(']', open)
    if (close < 0) return { problem: "this '[' has no ']'", offset: open }
    const range = readRange(pattern.slice(open + 1, close))
    if ('problem' in range) return { problem: range.problem, offset: open }
    if (names.length * range.length > mostNames)
      return { problem: `this stands for more than ${mostNames} hosts`, offset: open }
    const between = pattern.slice(at, open)
    names = names.flatMap(name => Array.from({ length: range.length }, (_, i) => name + between + range.at(i)))
    at = close + 1
  }
  return { names: names.map(name => name + pattern.slice(at)) }
}

/** The members of one range, made when asked for. */
type Range = { readonly length: number; readonly at: (i: number) => string } | { readonly problem: string }

function readRange(inside: string): Range {
  const [first = '', last, stepText = '1', ...more] = inside.split(':')
  if (last === undefined || more.length > 0) return { problem: 'a range is [BEGIN:END] or [BEGIN:END:STEP]' }
  if (last === '') return { problem: 'this range has no end' }
  if (!/^\d+$/.test(stepText)) return { problem: `the step '${stepText}' is no number` }
  const step = Number(stepText)
  if (step === 0) return { problem: 'a step of 0 never ends' }
  if (/^[A-Za-z]$/.test(first) && /^[A-Za-z]$/.test(last)) return letterRange(first, last, step)
  if (/^\d*$/.test(first) && /^\d+$/.test(last)) return numberRange(first || '0', last, step)
  return { problem: `a range runs between two numbers or two letters, got '${first}' and '${last}'` }
}

const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

function letterRange(first: string, last: string, step: number): Range {
  const [from, to] = [alphabet.indexOf(first), alphabet.indexOf(last)]
  if (from > to) return { problem: `the range begins behind its end: '${first}' comes after '${last}' (a…z A…Z)` }
  return { length: Math.floor((to - from) / step) + 1, at: i => alphabet[from + i * step] ?? '' }
}

/** A start above the end gives no name at all, as in Ansible. */
function numberRange(first: string, last: string, step: number): Range {
  const padded = first.length > 1 && first.startsWith('0')
  if (padded && first.length !== last.length)
    return { problem: `'${first}' has a leading zero, so '${last}' needs ${first.length} digits` }
  const [from, to] = [Number(first), Number(last)]
  if (!Number.isSafeInteger(to) || !Number.isSafeInteger(from)) return { problem: 'this range has too large a number' }
  const length = from > to ? 0 : Math.floor((to - from) / step) + 1
  return { length, at: i => String(from + i * step).padStart(padded ? first.length : 0, '0') }
}
