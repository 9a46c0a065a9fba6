import { LockstepError } from '../errors/error.ts'

/** Tells whether a name fits a shell pattern (`*`, `?`, `[…]`, `[!…]`, case counts) or, after `~`, a regular expression. */
export function nameMatcher(pattern: string): (name: string) => boolean {
  const expression = pattern.startsWith('~')
    ? regexOf(pattern.slice(1))
    : new RegExp(`^(?:${globSource(pattern)})$`, 'su')
  return name => {
    expression.lastIndex = 0
    return expression.test(name)
  }
}

/** Matches at the start of a name, not up to its end. Python's spellings that JavaScript lacks are translated. */
function regexOf(source: string): RegExp {
  const [, flags = '', rest = source] = /^\(\?([aimsux]+)\)(.*)$/s.exec(source) ?? []
  const translated = rest
    .replaceAll('(?P<', '(?<')
    .replaceAll(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replace(/^\\A/, '')
    .replace(/\\Z$/, '$')
  try {
    return new RegExp(translated, `y${['i', 'm', 's'].filter(flag => flags.includes(flag)).join('')}`)
  } catch (cause) {
    throw new LockstepError('INVENTORY_PATTERN', `'~${source}' is no regular expression`, { cause })
  }
}

function globSource(pattern: string): string {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? ''
    const end = char === '[' ? endOfSet(pattern, at) : undefined
    if (end !== undefined) {
      source += setSource(pattern.slice(at + 1, end))
      at = end
    } else source += char === '*' ? '.*' : char === '?' ? '.' : literal(char)
  }
  return source
}

/** Where a set ends; undefined for a `[` without `]`, which stands for itself. A `]` at the very start belongs to it. */
function endOfSet(pattern: string, open: number): number | undefined {
  const first = pattern[open + 1] === '!' ? open + 2 : open + 1
  const end = pattern.indexOf(']', first + 1)
  return end < 0 ? undefined : end
}

function setSource(inside: string): string {
  const negated = inside.startsWith('!')
  const members = [...(negated ? inside.slice(1) : inside)]
  let set = ''
  for (let i = 0; i < members.length; i++) {
    const from = members[i] ?? ''
    const to = members[i + 1] === '-' ? members[i + 2] : undefined
    if (to === undefined) set += member(from)
    else {
      // A range that runs backwards holds nothing.
      if (from <= to) set += `${member(from)}-${member(to)}`
      i += 2
    }
  }
  if (set === '') return negated ? '.' : '(?!)'
  return `[${negated ? '^' : ''}${set}]`
}

const literal = (char: string) => (/[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char)
const member = (char: string) => (/[\\^[\]-]/.test(char) ? `\\${char}` : char)
