import { readFileSync, writeFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import type { Problem } from '../../src/errors/error.ts'
import { problemsIn } from '../fixtures/playbooks.ts'
import { suite } from '../fixtures/suite.ts'
import { broken } from './broken-playbooks.ts'

const test = suite('playbook/broken')

/** One block per playbook: what is wrong with it, then every finding. Read every change to it before committing. */
const file = 'test/playbook/broken-playbooks.txt'

const written = ({ at, code, message, hint }: Problem) =>
  `  ${at === undefined ? '' : `${at.line}:${at.column} `}${code} ${message}${hint === undefined ? '' : `\n      hint: ${hint}`}`

const found = new Map(broken.map(({ what, text }) => [what, problemsIn(text).map(written).join('\n')]))

if (process.env['LOCKSTEP_REFRESH'] === '1') {
  writeFileSync(file, [...found].map(([what, problems]) => `${what}\n${problems}\n`).join('\n'))
}

const expected = new Map(
  readFileSync(file, 'utf8')
    .split(/\n\n(?=\S)/)
    .map(block => {
      const [what = '', ...lines] = block.trimEnd().split('\n')
      return [what, lines.join('\n')]
    }),
)

test('the table holds at least 60 playbooks, each with a name of its own and at least one finding', () => {
  assert.ok(found.size >= 60)
  assert.is(found.size, broken.length)
  assert.equal([...expected.keys()], [...found.keys()])
  assert.equal(
    [...found].filter(([, problems]) => problems === '').map(([what]) => what),
    [],
  )
})

for (const [what, problems] of found) {
  test(`says what is wrong and where: ${what}`, () => assert.is(problems, expected.get(what)))
}

test.run()
