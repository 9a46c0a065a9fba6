/** A text with `{{ }}` in it, cut into what stands as it is and what is to be evaluated. */
export type Part =
  | { readonly text: string }
  /** `from`: where the expression begins in the whole text, counted from 0. */
  | { readonly expression: string; readonly from: number }

/** Whether a text holds an expression, or would like to. */
export const isTemplate = (text: string): boolean => text.includes('{{') || text.includes('{%')

/** Cuts a text into its parts; a text that cannot be cut gives the reason in words. */
export function partsOf(text: string): readonly Part[] | { readonly fault: string } {
  if (text.includes('{%')) return { fault: "'{%' belongs into the files of templates; a value knows '{{ }}' only" }
  const parts: Part[] = []
  let rest = text
  for (let begin = rest.indexOf('{{'); begin >= 0; begin = rest.indexOf('{{')) {
    const inside = rest.slice(begin + 2)
    const length = lengthOfExpression(inside)
    if (length === undefined) return { fault: "'{{' has no '}}'" }
    const expression = inside.slice(0, length).trim()
    if (expression === '') return { fault: "there is nothing between '{{' and '}}'" }
    if (begin > 0) parts.push({ text: rest.slice(0, begin) })
    const blanks = /^\s*/.exec(inside)?.[0].length ?? 0
    parts.push({ expression, from: text.length - inside.length + blanks })
    rest = inside.slice(length + 2)
  }
  return rest === '' && parts.length > 0 ? parts : [...parts, { text: rest }]
}

/** Up to the `}}` that closes it: not one inside quotes or behind a mapping's own brace. */
function lengthOfExpression(text: string): number | undefined {
  let depth = 0
  for (const { 0: token, index } of text.matchAll(/"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|[{}]/g)) {
    if (token === '{') depth += 1
    else if (token === '}' && depth > 0) depth -= 1
    else if (token === '}' && text[index + 1] === '}') return index
  }
  return undefined
}

/** A variable that an expression names. Guarded: the expression itself says what to do when there is none. */
export interface NameUse {
  readonly name: string
  readonly guarded: boolean
  /** Where it first stands in the expression, counted from 0. */
  readonly from: number
}

/** The variables that an expression needs from outside, each once, in order; `functions` are not variables. */
export function namesIn(expression: string, functions: ReadonlySet<string>): readonly NameUse[] {
  const found = [...expression.matchAll(token)]
  const tokens = found.map(([text]) => text)
  const uses = new Map<string, NameUse>()
  for (const [index, name] of tokens.entries()) {
    if (!isVariable(tokens, index)) continue
    if (functions.has(name) && tokens[index + 1] === '(') continue
    const earlier = uses.get(name)
    // `x is defined and x > 1`: asking once covers every other use.
    const guarded = earlier?.guarded === true || isGuarded(tokens, index)
    uses.set(name, { name, guarded, from: earlier?.from ?? found[index]?.index ?? 0 })
  }
  return [...uses.values()]
}

const token = /"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|[A-Za-z_]\w*|\d[\w.]*|[=!<>]=|\S/g

const keywords = new Set('and or not in is if else true false none True False None'.split(' '))

export const isKeyword = (word: string): boolean => keywords.has(word)

function isVariable(tokens: readonly string[], index: number): boolean {
  const before = tokens[index - 1]
  if (!/^[A-Za-z_]/.test(tokens[index] ?? '') || isKeyword(tokens[index] ?? '')) return false
  if (before === '.' || before === '|' || before === 'is') return false
  if (before === 'not' && tokens[index - 2] === 'is') return false
  return !(tokens[index + 1] === '=' && (before === '(' || before === ','))
}

function isGuarded(tokens: readonly string[], index: number): boolean {
  let next = index + 1
  for (;;) {
    if (tokens[next] === '.') next += 2
    else if (tokens[next] === '[') next = tokens.indexOf(']', next) + 1 || tokens.length
    else break
  }
  if (tokens[next] === '|') return tokens[next + 1] === 'default' || tokens[next + 1] === 'd'
  const test = tokens[next + 1] === 'not' ? tokens[next + 2] : tokens[next + 1]
  return tokens[next] === 'is' && (test === 'defined' || test === 'undefined')
}

/** `a.b[0]['c d']` as its steps; undefined for anything more than that. */
export function pathOf(expression: string): readonly [string, ...string[]] | undefined {
  const match = /^([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*|\[(?:\d+|'[^'\\]*'|"[^"\\]*")\])*)$/.exec(expression)
  const [, name, rest = ''] = match ?? []
  if (name === undefined || isKeyword(name)) return undefined
  const steps = rest.matchAll(/\.(\w+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]/g)
  return [
    name,
    ...[...steps].map(([, attribute, index, single, double]) => attribute ?? index ?? single ?? double ?? ''),
  ]
}
