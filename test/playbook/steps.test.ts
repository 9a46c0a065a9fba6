import * as assert from 'uvu/assert'
import { stepInWords } from '../../src/playbook/step-words.ts'
import { record, type Value } from '../../src/source/node.ts'
import { ms } from '../../src/units/quantity.ts'
import { inventoryOf, load } from '../fixtures/playbooks.ts'
import { faultsOf, known, lastOf, loadSteps, result, taskOf, tasksOf, withSteps } from '../fixtures/steps.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/steps')

const lineOf = (task: { action: unknown }) => (task.action as { command: { line: string } }).command.line

test('what a step leaves out has its default', () => {
  const step = lastOf(loadSteps('  - run: echo hello'))
  assert.equal(
    { ...step, tasksFor: 0, at: 0, needs: [...step.needs] },
    {
      ...{ name: 'run: echo hello', does: 'run: echo hello', kind: 'run', tags: [], on: ['A', 'B', 'C'] },
      ...{ once: false, optional: false, secret: false, timeout: ms(300_000), retries: 0, delay: ms(1000) },
      ...{ become: undefined, sets: [], needs: [], tasksFor: 0, at: 0 },
    },
  )
  assert.is(lastOf(loadSteps('  - {run: x, until: result.code == 0}')).retries, 3)
})

test('modifiers that are the same at every host are read before the run', () => {
  const step = lastOf(
    loadSteps(
      '  - {name: "n{{ frames }}", run: x, on: B:A, become: true, tags: [a, b, a], once: true, optional: true,\n' +
        '     secret: true, timeout: "{{ frames }}s", retries: 2, delay: 0, as: {x: json, y: result}}',
    ),
  )
  assert.equal(
    { ...step, tasksFor: 0, at: 0, needs: 0 },
    {
      ...{ name: 'n10', does: 'run: x', kind: 'run', tags: ['a', 'b'], on: ['A', 'B'], once: true, optional: true },
      ...{ secret: true, timeout: ms(10_000), retries: 2, delay: ms(0), become: 'root', sets: ['x', 'y'] },
      ...{ tasksFor: 0, at: 0, needs: 0 },
    },
  )
  for (const [become, means] of [
    ['false', false],
    ['lab', 'lab'],
    ['true', 'root'],
  ])
    assert.is(lastOf(loadSteps(`  - {run: x, become: ${become}}`)).become, means)
})

test('hosts are named by name, group and pattern, and stand in declared order', () => {
  const inventory = inventoryOf('A\nB\nC\nD\n[dut]\nC\nA\nD\n[broken]\nA\n')
  const on = (pattern: string) =>
    lastOf(load(withSteps(`  - {run: x, on: ${pattern}}`), { inventory })).on as readonly string[]
  const cases: [string, string][] = [
    ['dut', 'A C'],
    ['dut:!broken', 'C'],
    ['[dut, "!broken"]', 'C'],
    ['"dut,B"', 'A B C'],
    ['"*"', 'A B C'],
    ['all', 'A B C'],
    ['"~[AB]"', 'A B'],
    ['B', 'B'],
  ]
  for (const [pattern, hosts] of cases) assert.is(on(pattern).join(' '), hosts, pattern)
  assert.is(lastOf(loadSteps('  - {run: x, on: local}')).on, 'local')
})

test('of several conditions those behind one that does not hold need not make sense', () => {
  const steps = '  - {run: x, as: {learnt: json}}\n  - {run: y, when: ["learnt.a is defined", learnt.a > 1]}'
  assert.is(tasksOf(steps, known({ learnt: record([]) })).length, 0)
  assert.is(tasksOf(steps, known({ learnt: record([['a', 2n]]) })).length, 1)
})

test('when is asked at each host, with facts and results', () => {
  const steps = '  - {run: x, as: learnt}\n  - {run: y, when: [facts.cpus > 1, "learnt == \'L\'"]}'
  const at = (cpus: bigint, learnt: string) => tasksOf(steps, known({ facts: { cpus }, learnt })).length
  assert.equal([at(2n, 'L'), at(1n, 'L'), at(2n, 'M')], [1, 0, 0])
})

test('a condition that is false before the run spares the step every other question', () => {
  assert.equal(faultsOf('  - {run: "echo {{ nobody }}", when: frames > 10}'), [])
  assert.equal(faultsOf('  - {run: "echo {{ nobody }}", when: nobody is defined}'), [])
  assert.equal(tasksOf('  - {run: "echo {{ nobody }}", when: nobody is defined}'), [])
})

test('a loop makes one task per value, and its variable may have a name', () => {
  const shown = (step: string, values: Record<string, Value> = {}) =>
    tasksOf(`  - {run: x, as: list}\n  - ${step}`, known({ list: [7n, 'b'], ...values })).map(task => [
      task.item,
      lineOf(task),
    ])
  assert.equal(shown('{run: "echo {{ item }}", for: [1, a]}'), [
    ['1', 'echo 1'],
    ['a', 'echo a'],
  ])
  assert.equal(shown('{run: "echo {{ nic }}", for: {nic: "{{ list }}"}}'), [
    ['7', 'echo 7'],
    ['b', 'echo b'],
  ])
  assert.equal(shown('{run: "echo {{ item }}", for: range(frames) | list, when: item > 7}'), [
    ['8', 'echo 8'],
    ['9', 'echo 9'],
  ])
  assert.equal(shown('{run: "echo {{ item.a }}", for: [{a: 1}]}'), [['{"a":1}', 'echo 1']])
  assert.equal(shown('{run: x, for: list}', { list: [] }), [])
  assert.equal(faultsOf('  - {pause: 1s, when: true}\n  - {wait_for: {port: "{{ item }}"}, for: [1, 70000]}'), [
    '6:23 wait_for port: expected a port, 1 to 65535, got 70000',
  ])
})

test('results rank below -e and the parameters of an include, and above everything else', () => {
  const steps =
    '  - {set: {frames: 1}}\n  - run: echo {{ frames }} {{ hostvars.B.frames }} {{ hostvars["C"].interface }}'
  const knowing = known({}, { A: { frames: 11n }, B: { frames: 12n } })
  assert.is(lineOf(taskOf(steps, knowing)), 'echo 11 12 eth0')
  const extraVars = new Map<string, Value>([['frames', 99n]])
  assert.is(lineOf(taskOf(steps, knowing, { extraVars })), 'echo 99 99 eth0')
})

test('a result of another host is known in the run only', () => {
  const steps = '  - {run: x, as: {made: lines}}\n  - run: echo {{ hostvars.B.made[0] }}'
  assert.is(lineOf(taskOf(steps, known({}, { B: { made: ['first'] } }))), 'echo first')
})

test('a variable may be made of a result, and is evaluated when it is used', () => {
  const steps = '  - {run: x, as: learnt}\n  - run: echo {{ nested }}'
  assert.is(lineOf(taskOf(steps, known({ learnt: '{{ not a template }}' }))), 'echo {{ not a template }}!')
  assert.equal(faultsOf('  - run: echo {{ nested }}'), ["2:61 'learnt' is not defined for host A"])
})

test('as keeps the text, its lines, its JSON or the whole result', () => {
  const kept = (as: string, more: Parameters<typeof result>[0]) =>
    JSON.stringify(
      Object.fromEntries(taskOf(`  - {run: x, as: ${as}, ok_codes: [0, 2]}`).keep(result(more))),
      (_, each) => (typeof each === 'bigint' ? Number(each) : each),
    )
  assert.is(kept('x', { stdout: 'a\nb\n\n' }), '{"x":"a\\nb"}')
  assert.is(kept('{x: text}', { stdout: 'a\n' }), '{"x":"a"}')
  assert.is(kept('{x: lines, n: lines}', { stdout: 'a\nb\n' }), '{"x":["a","b"],"n":["a","b"]}')
  assert.is(kept('{x: lines}', { stdout: '' }), '{"x":[]}')
  assert.is(kept('{x: json}', { stdout: '{"a": [1, 2.5, null]}\n' }), '{"x":{"a":[1,2.5,null]}}')
  const whole = { code: 2, stdout: 'o\n', stderr: 'e\n', changed: false, failed: false }
  assert.is(kept('{x: result}', whole), '{"x":{"code":2,"stdout":"o","stderr":"e","changed":false,"failed":false}}')
  assert.is(
    taskOf('  - {run: x, as: {x: json}}')
      .keep(result({ stdout: '12345678901234567890' }))
      .get('x'),
    12345678901234567890n,
  )
  const broken = taskOf('  - {run: x, as: {x: json}}')
  assert.is(broken.failure(result({ stdout: 'no' })), "its output is no JSON, as 'x' wants it")
  assert.equal(broken.keep(result({ stdout: 'no' })), new Map())
  assert.equal(taskOf('  - set: {a: 1}').keep(result()), new Map([['a', 1n]]))
})

test('a try has failed by its exit status, by a signal, by an error, or when fails_when holds', () => {
  const failure = (modifiers: string, more: Parameters<typeof result>[0]) =>
    taskOf(`  - {run: x${modifiers}}`).failure(result(more))
  assert.is(failure('', {}), undefined)
  assert.is(failure('', { code: 3, stderr: 'a\nlast words\n' }), 'exit status 3: last words')
  assert.is(failure('', { code: undefined }), 'ended by a signal')
  assert.is(failure(', ok_codes: 3', { code: 3 }), undefined)
  assert.is(failure(', ok_codes: 3', { code: 0 }), 'exit status 0')
  const fails = `, fails_when: "'error' in result.stderr"`
  assert.is(failure(fails, { stderr: 'an error' }), "fails_when holds: 'error' in result.stderr")
  assert.is(failure(fails, { stderr: 'fine' }), undefined)
  assert.is(failure(`${fails}, ok_codes: 1`, { code: 1, stderr: 'fine' }), undefined)
})

test('until ends the tries, sees them by the name of as, and is a failure when it never holds', () => {
  const task = taskOf('  - {run: x, as: n, until: (n | int) >= frames}')
  assert.equal([task.enough(result({ stdout: '9\n' })), task.enough(result({ stdout: '10\n' }))], [false, true])
  assert.is(task.failure(result({ stdout: '9' })), 'until does not hold: (n | int) >= frames')
  const plain = taskOf('  - {run: x, retries: 3}')
  assert.equal([plain.enough(result({ code: 1 })), plain.enough(result())], [false, true])
  const wrong = taskOf('  - {run: x, until: result.code}')
  assert.throws(() => wrong.enough(result()), /'result.code' is a number, and neither true nor false/)
})

test('failed is known in after', () => {
  const play = load(`${withSteps('  - run: x')}after:\n  - {run: y, when: failed}\n`)
  const tasks = (failed: boolean) => play.after[0]?.tasksFor('A', known({ failed })).length
  assert.equal([tasks(false), tasks(true)], [0, 1])
})

test('what is learnt once or here is known everywhere', () => {
  for (const where of ['once: true', 'on: local'])
    assert.equal(
      faultsOf(`  - {run: x, as: v, ${where}}\n  - {run: "echo {{ v }}"}\n  - {run: "echo {{ v }}", on: local}`),
      [],
    )
})

test('a step says what it sets and which results it cannot do without', () => {
  const steps = '  - {run: x, as: learnt}\n  - {set: {b: "{{ nested }}"}, when: other is defined}\n'
  const step = lastOf(loadSteps(`  - {run: x, as: other}\n${steps}`))
  assert.equal([step.sets, [...step.needs.keys()]], [['b'], ['learnt']])
})

test('a secret may stand in env, stdin and templates, and the task says what is to be masked', () => {
  const extraVars = new Map<string, Value>([['token', 'sesame']])
  const texts = { 'a.j2': 'password={{ token }}\n' }
  const secrets = (step: string) => taskOf(`  - ${step}`, known(), { extraVars, texts }).secrets
  assert.equal(secrets('{run: x, env: {A: "{{ token }}", B: "{{ frames }}"}}'), ['sesame'])
  assert.equal(secrets('{run: x, stdin: "{{ token | upper }}"}'), ['sesame', 'SESAME'])
  assert.equal(secrets('{template: {from: a.j2, to: /b}}'), ['sesame'])
  assert.equal(secrets('{run: x, env: {B: "{{ frames }}"}}'), [])
  const task = taskOf('  - {run: x, env: {A: "{{ token }}"}}', known(), { extraVars })
  assert.equal((task.action as { env: object }).env, { A: 'sesame' })
  for (const step of [
    'run: "{{ token }}"',
    '{run: x, cwd: "{{ token }}"}',
    'set: {a: "{{ token }}"}',
    "assert: token == 'x'",
  ])
    assert.match(faultsOf(`  - ${step}`, { extraVars })[0] ?? '', /'token' is secret and cannot stand in/, step)
})

test('an error about what is secret does not tell it', () => {
  const extraVars = new Map<string, Value>([['token', 'sesame']])
  const [fault = ''] = faultsOf('  - {run: x, env: {A: "{{ token | from_json }}"}}', { extraVars })
  assert.is(fault, '5:23 this cannot be evaluated with what is secret')
})

test('a step without a name is called by the beginning of what it does', () => {
  const long = `run: echo ${'x'.repeat(50)}`
  for (const [step, name, inWords] of [
    [`- ${long}`, long, `A, B, C: ${long}`],
    [`- ${long}yz`, `${long.slice(0, 59)}…`, `A, B, C: ${long}yz`],
    [`- {${long}yz, name: One}`, 'One', `A, B, C: One (${long}yz)`],
  ] as const) {
    const made = lastOf(loadSteps(step))
    assert.equal([made.name, stepInWords(made)], [name, inWords])
  }
})

test('a step in words says where, what and how', () => {
  const words = (step: string) => stepInWords(lastOf(loadSteps(`  - ${step}`)))
  assert.is(words('run: modprobe i210'), 'A, B, C: run: modprobe i210')
  assert.is(
    words('{name: Load, run: [modprobe, i210], on: A, become: true, retries: 3, optional: true}'),
    'A: Load (run: [modprobe, i210]); becomes root; up to 4 tries 1s apart; a failure is a warning',
  )
  assert.is(words('{run: x, on: local, secret: true}'), 'here: run: x; nothing of it is kept')
  assert.is(words('{set: {a: 1}, once: true}'), 'A, once: set: a: 1')
})

test('a thousand hosts with twenty steps are checked at once', () => {
  const hosts = Array.from({ length: 1000 }, (_, index) => `n${index}`).join('\n')
  const inventory = inventoryOf(`${hosts}\n`)
  const step = (index: number) =>
    `  - {name: s${index}, run: "echo {{ frames }} {{ s${index - 1} }} {{ interface | upper }}", as: s${index}, env: {A: "{{ frames + 1 }}"}}\n`
  const text = `hosts: all\nvars: {interface: eth0, frames: 10, s0: x}\nsetup:\n${Array.from({ length: 20 }, (_, index) => step(index + 1)).join('')}`
  const bare = `hosts: all\nvars: {interface: eth0}\nsetup:\n  - run: x\n`
  load(text, { inventory })
  const started = process.hrtime.bigint()
  load(bare, { inventory })
  const between = process.hrtime.bigint()
  const play = load(text, { inventory })
  const [without, withSteps] = [between - started, process.hrtime.bigint() - between].map(each =>
    Number(each / 1_000_000n),
  )
  assert.is(play.setup.length, 20)
  assert.ok((withSteps ?? 0) - (without ?? 0) < 5_000, `${withSteps} ms with the steps, ${without} ms without`)
})

test.run()
