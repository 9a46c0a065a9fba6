import type { KeyEntry } from '../playbook/reference.ts'

/** The page of one key on a terminal, with the keys inside it. Lines take at most `columns`. */
export function keyText(entry: KeyEntry, entries: readonly KeyEntry[], columns: number): string {
  const { path, needed, meaning, takes, limits, byDefault, example, sameAs } = entry
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['takes', takes],
    ['limits', limits],
    ['default', byDefault],
    ['example', example],
    ['same as', sameAs],
  ]
  const lines = [
    `${path}${needed ? ' (needed)' : ''}`,
    ...wrapped(meaning, columns, '  '),
    '',
    ...facts.flatMap(([name, text]) => (text === undefined ? [] : hanging(name, text, columns))),
    ...inside(path, entries, columns),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

/** Every key on a line of its own; `columns` undefined: lines are not cut. */
export function keyList(entries: readonly KeyEntry[], columns: number | undefined): string {
  const width = Math.max(...entries.map(({ path }) => path.length))
  return entries.map(({ path, meaning }) => `${cut(`${path.padEnd(width)}  ${brief(meaning)}`, columns)}\n`).join('')
}

function inside(path: string, entries: readonly KeyEntry[], columns: number): string[] {
  const own = entries.filter(entry => entry.takes !== undefined && isDirectlyIn(entry.path, path))
  const shown = own.map(entry => ({ ...entry, path: `    ${entry.path.slice(entry.path.lastIndexOf('.') + 1)}` }))
  return shown.length === 0 ? [] : [path === 'expect' ? '  figures' : '  keys', keyList(shown, columns)]
}

const isDirectlyIn = (path: string, outer: string) => path.replace(/(\[\])?\.[^.]+$/, '') === outer && path !== outer

/** The first sentence. */
const brief = (meaning: string) => /^.*?[.;:](?= |$)/.exec(meaning)?.[0].slice(0, -1) ?? meaning

const cut = (line: string, columns = Number.POSITIVE_INFINITY) =>
  line.length > columns ? `${line.slice(0, columns - 1)}…` : line

/** `  name     text`, with what does not fit below the text. */
function hanging(name: string, text: string, columns: number): string[] {
  const [first = '', ...rest] = wrapped(text, columns, ' '.repeat(11))
  return [`  ${name.padEnd(9)}${first.trimStart()}`, ...rest]
}

function wrapped(text: string, columns: number, indent: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(indent + word)
  }
  return lines
}
