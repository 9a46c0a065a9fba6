import * as assert from 'uvu/assert'
import { readConfigFile, valueIn } from '../../src/inventory/config-file.ts'
import { newReport } from '../../src/inventory/report.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('inventory/config-file')

/** As Python's configparser with `;` as the mark of comments inside a line has them. */
const values: readonly (readonly [what: string, text: string, value: string | undefined])[] = [
  ['equals sign', '[d]\nk = v', 'v'],
  ['colon', '[d]\nk: v', 'v'],
  ['the first of both separates', '[d]\nk = a:b=c', 'a:b=c'],
  ['capitals in the key', '[d]\nK=v', 'v'],
  ['comment behind a blank', '[d]\nk=v ; note', 'v'],
  ['semicolon inside a word', '[d]\nk=v;w', 'v;w'],
  ['# inside a line is no comment', '[d]\nk=v # w', 'v # w'],
  ['comment lines', '[d]\n# k=1\n  ; k=2\nk=v', 'v'],
  ['continued on an indented line', '[d]\nk = a,\n  b', 'a,\nb'],
  ['continued behind an empty line and a comment', '[d]\nk = a\n\n# note\n  b', 'a\n\nb'],
  ['DEFAULT may come twice', '[DEFAULT]\n[DEFAULT]\nk=v', 'v'],
  ['continued below an empty value', '[d]\nk =\n  a', '\na'],
  ['an indented key continues the value above', '[d]\nj = 1\n k = v', undefined],
  ['a section indented like its keys', '  [d]\n  k = v', 'v'],
  ['percent signs mean nothing', '[d]\nk = %(x)s%', '%(x)s%'],
  ['quotes stay', '[d]\nk = "v"', '"v"'],
  ['empty value', '[d]\nk =', ''],
  ['another section', '[e]\nk=v', undefined],
  ['DEFAULT stands in', '[DEFAULT]\nk=v\n[d]\n', 'v'],
  ['DEFAULT stands in for a section that is not there', '[DEFAULT]\nk=v', 'v'],
  ['the section wins over DEFAULT', '[d]\nk=v\n[DEFAULT]\nk=w', 'v'],
  ['ends of lines', '[d]\r\nk=v\r\n', 'v'],
]

for (const [what, text, value] of values)
  test(`a value of ansible.cfg: ${what}`, () => {
    const report = newReport()
    assert.is(valueIn(readConfigFile('ansible.cfg', text, report), 'd', 'k')?.text, value)
    assert.equal(report.problems, [])
  })

test('a value knows its line and column', () => {
  const config = readConfigFile('ansible.cfg', '# note\n[d]\n  k =  v ; w\n', newReport())
  assert.equal(valueIn(config, 'd', 'k')?.at, { file: 'ansible.cfg', line: 3, column: 8 })
})

test('every wrong line is reported', () => {
  const report = newReport()
  readConfigFile('ansible.cfg', '[d]\nk\n=v\nk=1\nk=2\n[d]\n', report)
  assert.equal(
    report.problems.map(({ at, message }) => [at?.line, message]),
    [
      [2, "expected KEY = VALUE, got 'k'"],
      [3, "expected KEY = VALUE, got '=v'"],
      [5, "'k' stands in [d] a second time"],
      [6, 'the section [d] stands here a second time'],
    ],
  )
})

test.run()
