import * as assert from 'uvu/assert'
import { isOverall } from '../../src/playbook/overall.ts'
import { good, load, problemsIn } from '../fixtures/playbooks.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/overall')

const expecting = (...lines: readonly string[]) =>
  good.replace(/expect:\n[\s\S]*$/, `expect:\n${lines.map(line => `  - ${line}\n`).join('')}`)
const texts = (...lines: readonly string[]) => {
  const { expect, overall } = load(expecting(...lines))
  return { single: expect.map(({ text }) => text), overall: overall.lines.map(({ text }) => text) }
}

test('a line that means more than each flow by itself is one of everything together', () => {
  for (const text of [
    'all: lost == 0',
    'any a: lost == 0',
    'cell x=1: lost == 0',
    'a host C: lost == 0',
    'each: lost == 0',
  ])
    assert.ok(isOverall(text), text)
  assert.ok(isOverall('received worse_by < 5 %') && isOverall('a: received worse_by < 5 %'))
  for (const text of ['lost == 0', 'a: lost == 0', 'allflows: lost == 0', 'cell: lost == 0'])
    assert.not.ok(isOverall(text), text)
  assert.not.ok(isOverall('all: lost == 0', ['all']), 'a flow may be called so')
  assert.ok(isOverall('all host C: lost == 0', ['all']))
})

test('both kinds of lines stand in one list', () => {
  const made = texts('lost == 0', 'all host C: path-delay.mean < 10us', 'a: lost == 0')
  assert.equal(made.single, ['lost == 0', 'a: lost == 0'])
  assert.equal(made.overall, ['all host C: path-delay.mean < 10us'])
})

test('the run that it is held against is named beside; its path begins at the playbook', () => {
  const text = `${expecting('a: path-delay.mean worse_by < 5 %')}compared_to: runs/old\n`
  const { overall } = load(text, { file: 'labs/p.yml' })
  assert.equal(overall.comparedTo?.folder, 'labs/runs/old')
  const [line] = overall.lines
  assert.equal([line?.flows, line?.test.kind, line?.test.limit], ['a', 'change', 0.05])
  assert.is(load(`${expecting('lost == 0')}compared_to: /old\n`).overall.comparedTo?.folder, '/old')
})

test('what is wrong with such a line is told with its place', () => {
  const found = (...lines: readonly string[]) =>
    problemsIn(expecting(...lines)).map(({ message, at }) => `${at?.line}:${at?.column} ${message}`)
  assert.equal(found('all host C: path-dely.mean < 10us'), ["21:17 there is no figure 'path-dely'"])
  assert.equal(found('all host C: path-delay < 10us'), ["21:17 'path-delay' needs a statistic"])
  assert.equal(found('any: path-delay.mean < 10'), [
    "21:28 'path-delay': expected a duration with its unit, such as 10us, got '10'",
  ])
  assert.equal(found('lost worse_by < 5 %'), ['21:5 worse_by needs a run to compare with'])
  assert.equal(found('all hst C: lost == 0'), ['21:9 the flow of this line is said twice'])
  assert.match(problemsIn(expecting('all hst C: lost == 0'))[0]?.hint ?? '', /^did you mean 'host'\?$/)
  assert.equal(found('all cell: lost == 0'), ["21:9 expected a name or pattern behind 'cell'"])
})

test.run()
