import { existsSync, readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { suite } from '../fixtures/suite.ts'

const test = suite('management: docs/isochron-faults.md')

interface Row {
  readonly id: string
  readonly file: string
  readonly title: string
}

const page = readFileSync('docs/isochron-faults.md', 'utf8')
const rows: readonly Row[] = [...page.matchAll(/^\| ([WQ]\d+) \|.*\| `([^`]+)`: (.+) \|$/gm)].map(
  ([, id = '', file = '', title = '']) => ({ id, file, title }),
)

test('every weakness and every quirk has a row, once and in order', () => {
  const numbered = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i + 1}`)
  assert.equal(
    rows.map(({ id }) => id),
    [...numbered('W', 20), ...numbered('Q', 17)],
  )
})

test('every row names a test that there is', () => {
  const missing = rows.filter(({ file, title }) => !existsSync(file) || !holds(readFileSync(file, 'utf8'), title))
  assert.equal(
    missing.map(({ id, file, title }) => `${id}: ${file}: ${title}`),
    [],
  )
})

/** A title is written as it is, or by a template whose parts stand elsewhere in the file. */
function holds(source: string, title: string): boolean {
  return titlesIn(source).some(pattern => {
    const match = pattern.exec(title)
    return match?.slice(1).every(part => source.includes(part)) ?? false
  })
}

/** The first texts of test(…) and test.unless(…); what a template fills in is any text. */
function titlesIn(source: string): RegExp[] {
  const calls = source.matchAll(/\btest(?:\.unless)?\(\s*(?:[\w().]+,\s*)?(?:'((?:[^'\\]|\\.)*)'|`([^`]*)`)/g)
  return [...calls].map(([, plain, template]) => {
    if (plain !== undefined) return new RegExp(`^${escaped(plain.replaceAll('\\', ''))}$`)
    const fixed = (template ?? '').split(/\$\{[^}]*\}/)
    return new RegExp(`^${fixed.map(escaped).join('(.*)')}$`)
  })
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

test('a test that is not there is missed', () => {
  const source = `test('a is b', () => 1)\ntest(\`\${what} is refused\`, () => 1)\n['l4 alone', 1]`
  for (const title of ['a is b', 'l4 alone is refused']) assert.ok(holds(source, title), title)
  for (const title of ['a is c', 'l5 alone is refused', 'is refused']) assert.not(holds(source, title), title)
})

test.run()
