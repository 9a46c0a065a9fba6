import * as assert from 'uvu/assert'
import type { Task } from '../../src/playbook/step.ts'
import type { Value } from '../../src/source/node.ts'
import { load } from '../fixtures/playbooks.ts'
import { faultsOf, known, lastOf, loadSteps, playFiles, tasksOf, withSteps } from '../fixtures/steps.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/includes')

/** The shell line of a task that has one. */
const lineOf = (task: Task | undefined) =>
  task?.action.kind === 'command' && 'line' in task.action.command ? task.action.command.line : undefined

const linesOf = (steps: string, texts: Readonly<Record<string, string>>, more = {}) =>
  loadSteps(steps, { texts, ...more }).setup.flatMap(step => step.tasksFor('A', known()).map(lineOf))

test('the steps of a file stand in the place of its include, and see its parameters', () => {
  const texts = {
    'more.yml': '- run: echo {{ speed }}\n- include: {file: deep/er.yml, with: {depth: "{{ speed + 1 }}"}}\n',
    'deep/er.yml': '- run: echo {{ speed }} {{ depth }} {{ frames }}\n- include: even/more.yml\n',
    'deep/even/more.yml': '- run: echo {{ depth }}\n',
  }
  const steps = '  - run: a\n  - include: {file: more.yml, with: {speed: "{{ frames * 2 }}"}}\n  - run: b'
  assert.equal(linesOf(steps, texts), ['a', 'echo 20', 'echo 20 21 10', 'echo 21', 'b'])
  const extraVars = new Map<string, Value>([['speed', 5n]])
  assert.equal(linesOf(steps, texts, { extraVars }), ['a', 'echo 5', 'echo 5 6 10', 'echo 6', 'b'])
})

test('a parameter may have the name of the variable that it is made of', () => {
  const texts = { 'more.yml': '- run: echo {{ frames }}\n' }
  assert.equal(linesOf('  - include: {file: more.yml, with: {frames: "{{ frames + 1 }}"}}', texts), ['echo 11'])
})

test('a parameter made of a result is known in the run', () => {
  const steps = '  - {run: x, as: learnt}\n  - include: {file: more.yml, with: {a: "{{ learnt }}"}}'
  const given = { texts: { 'more.yml': '- run: echo {{ a }}\n' } }
  const [task] = tasksOf(steps, known({ learnt: 'L' }), given)
  assert.is(lineOf(task), 'echo L')
  assert.equal([...lastOf(loadSteps(steps, given)).needs.keys()], ['learnt'])
})

test('modifiers of an include hold for each of its steps, whose own win or add up', () => {
  const texts = {
    'more.yml': '- {run: x, tags: own, when: frames > 2, env: {B: b}, become: lab, on: B}\n- pause: 1s\n- run: y\n',
  }
  const include =
    '{include: more.yml, tags: [out], when: facts.cpus > 1, env: {A: a, B: a}, become: true, on: A:B, optional: true, timeout: 9s}'
  const [x, pause, y] = loadSteps(`  - ${include}`, { texts }).setup
  assert.equal(
    [x?.tags, x?.become, x?.on, x?.optional, x?.timeout],
    [['out', 'own'], 'lab', ['B'], true, 9_000_000_000n],
  )
  assert.equal([pause?.tags, pause?.become, pause?.on, pause?.optional], [['out'], undefined, ['A', 'B'], false])
  assert.equal([y?.become, y?.on], ['root', ['A', 'B']])
  const [task] = x?.tasksFor('B', known({ facts: { cpus: 2n } })) ?? []
  assert.equal(task && 'env' in task.action && task.action.env, { A: 'a', B: 'b' })
  for (const step of [x, pause, y]) assert.equal(step?.tasksFor('B', known({ facts: { cpus: 1n } })), [])
})

test('files that a step names lie beside the file that it stands in, and so does what it includes', () => {
  const texts = {
    'lab/p.yml': withSteps('  - include: parts/more.yml\n  - push: {from: a.txt, to: /a}'),
    'lab/parts/more.yml': '- push: {from: b.txt, to: /b}\n- push: {from: /abs.txt, to: /c}\n',
    ...{ 'lab/a.txt': '', 'lab/parts/b.txt': '', '/abs.txt': '' },
  }
  const play = load(texts['lab/p.yml'], { file: 'lab/p.yml', files: playFiles(texts) })
  const paths = play.setup.map(step => step.tasksFor('A', known())[0]?.action as { from: { path: string } })
  assert.equal(
    paths.map(({ from }) => from.path),
    ['lab/parts/b.txt', '/abs.txt', 'lab/a.txt'],
  )
})

test('what is wrong in an included file is said there', () => {
  const faults = (text: string) => faultsOf('  - include: more.yml', { texts: { 'more.yml': text } })
  assert.equal(faults('- run: echo {{ frams }}\n- rnu: x\n'), [
    "more.yml 1:16 'frams' is not defined for host A",
    "more.yml 2:3 there is no key 'rnu' here",
  ])
  assert.equal(faults('run: x\n'), ['more.yml 1:1 expected a list of steps, got a mapping'])
  assert.equal(faults('- run: [x\n'), ['more.yml 1:8 this is never closed'])
  assert.equal(faults('- include: none.yml\n'), ["more.yml 1:12 there is no file 'none.yml'"])
})

test('files that include each other end in a finding', () => {
  const texts = { 'a.yml': '- include: b.yml\n', 'b.yml': '- include: a.yml\n', 'c.yml': '- include: c.yml\n' }
  assert.equal(faultsOf('  - include: a.yml', { texts }), [
    'b.yml 1:12 these files include each other: a.yml → b.yml → a.yml',
  ])
  assert.equal(faultsOf('  - include: c.yml', { texts }), ['c.yml 1:12 these files include each other: c.yml → c.yml'])
})

test('files that double what they include end in a finding', () => {
  const texts = Object.fromEntries(
    Array.from({ length: 18 }, (_, index) => [
      `f${index}.yml`,
      `- include: f${index + 1}.yml\n- include: f${index + 1}.yml\n`,
    ]),
  )
  for (const end of ['- run: x\n', '[]\n'])
    assert.equal(faultsOf('  - include: f0.yml', { texts: { ...texts, 'f18.yml': end } }), [
      '5:3 these files make more than 10000 steps of this',
    ])
})

test('a template that names what is not there is blamed in its own file', () => {
  const faults = (text: string) => faultsOf('  - template: {from: a.j2, to: /b}', { texts: { 'a.j2': text } })
  assert.equal(faults('{{ frames }}\n{% for x in y %}{{ x }}{% endfor %}\n'), [
    "a.j2 2:13 'y' is not defined for host A",
  ])
  assert.equal(faults('a\n{% if %}\n').length, 1)
  assert.match(faults('a\n{% if %}\n')[0] ?? '', /^a\.j2 2:1 /)
  assert.equal(faults("{% include 'x' %}"), ["a.j2 1:4 a template cannot 'include' another file"])
  assert.equal(faults('{{ facts.cpus }} {{ nobody | default(1) }}'), [])
})

test('vars_files win over vars, and the later one over the earlier', () => {
  const text = (files: string) => `${withSteps('  - run: echo {{ a }} {{ b }} {{ frames }}')}vars_files: ${files}\n`
  const texts = { 'x.yml': 'a: 1\nb: 1\nframes: 77\n', 'y.yml': 'b: "{{ a + 1 }}"\n', 'z.yml': 'b: "{{ nobody }}"\n' }
  const line = (files: string) => {
    const step = load(text(files), { files: playFiles({ ...texts, 'a-b.yml': 'a-b: 1\n' }) }).setup[0]
    return lineOf(step?.tasksFor('A', known())[0])
  }
  assert.is(line('[x.yml, y.yml]'), 'echo 1 2 77')
  assert.is(line('[y.yml, x.yml]'), 'echo 1 1 77')
  assert.throws(
    () => line('[x.yml, z.yml]'),
    (error: { message: string; at: object }) =>
      /'nobody' is not defined/.test(error.message) && JSON.stringify(error.at).includes('z.yml'),
  )
  assert.throws(() => line('[x.yml, y.yml, a-b.yml]'), /'a-b' cannot be a name here/)
})

test('the resolved playbook holds the steps as written, those of included files in their places', () => {
  const texts = { 'more.yml': '- {run: "echo {{ frames }}", tags: b}\n' }
  const { resolved } = loadSteps('  - {include: more.yml, tags: a, become: true}\n  - {pause: 1s}', { texts })
  assert.equal((resolved as { setup: unknown }).setup, [
    { become: true, run: 'echo {{ frames }}', tags: ['a', 'b'] },
    { pause: '1s' },
  ])
})

test.run()
