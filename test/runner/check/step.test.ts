import * as assert from 'uvu/assert'
import type { HostFacts } from '../../../src/facts/host-facts.ts'
import { checkKnown } from '../../../src/runner/check/known.ts'
import { dependsOn, type Foreseen, foresee, learn } from '../../../src/runner/check/step.ts'
import { actionInWords } from '../../../src/runner/check/words.ts'
import { masker } from '../../../src/runner/masker.ts'
import { loadSteps } from '../../fixtures/steps.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('runner/check/step')

const hosts = ['A', 'B', 'C']

/** What every step would do at every host: `A run: x`, one line per task; equal ones of all hosts as `all`. */
function preview(steps: string, hide = masker()): readonly string[] {
  const known = checkKnown(hosts)
  for (const [i, host] of hosts.entries()) known.setFacts(host, { cpus: i + 1 } as HostFacts)
  return loadSteps(steps).setup.map(step => {
    const places = step.on === 'local' ? [undefined] : step.once ? step.on.slice(0, 1) : step.on
    const foreseen = places.map(host => foresee(step, host, known))
    for (const [i, host] of places.entries()) {
      const at = step.on === 'local' || step.once ? undefined : host
      learn(step, at, foreseen[i] as Foreseen, known, hide)
    }
    const told = foreseen.map(each => {
      if (each.kind === 'unknown') return dependsOn(each.steps)
      if (each.kind === 'wrong') return `wrong: ${each.error.message}`
      return each.tasks.length === 0 ? 'skipped' : each.tasks.map(({ action }) => actionInWords(action)).join(' | ')
    })
    const same = told.every(each => each === told[0])
    return same ? `${told[0]}` : told.map((each, i) => `${places[i] ?? 'local'} ${each}`).join(', ')
  })
}

const cases: readonly (readonly [what: string, steps: readonly string[], told: readonly string[]])[] = [
  [
    'facts are known',
    ["- {run: 'echo {{ facts.cpus }}'}", '- {run: x, when: facts.cpus > 1}'],
    ['A run: echo 1, B run: echo 2, C run: echo 3', 'A skipped, B run: x, C run: x'],
  ],
  [
    'a result is not, wherever it is asked for',
    [
      '- {name: ask, run: x, as: said}',
      "- {run: '{{ said }}'}",
      "- {run: x, when: said == ''}",
      '- {run: x, for: "{{ said }}"}',
      "- {run: x, env: {A: '{{ said }}'}}",
      "- {run: '{{ nested_said }}', when: false}",
      '- {run: free}',
    ],
    ['run: x', ...Array(4).fill("depends on the result of 'ask'"), 'skipped', 'run: free'],
  ],
  [
    'asking whether there is a result is asking for it',
    [
      '- {name: ask, run: x, as: said}',
      '- {run: x, when: said is defined}',
      '- {run: "{{ said | default(\'none\') }}"}',
    ],
    ['run: x', "depends on the result of 'ask'", "depends on the result of 'ask'"],
  ],
  [
    'what decides before the result is asked for decides',
    ['- {name: ask, run: x, as: said}', "- {run: x, when: [facts.cpus > 1, said == '']}"],
    ['run: x', "A skipped, B depends on the result of 'ask', C depends on the result of 'ask'"],
  ],
  [
    'set is computed, and depends on what it depends on',
    [
      '- {set: {double: "{{ facts.cpus * 2 }}"}}',
      "- {run: 'echo {{ double }}'}",
      '- {name: ask, run: x, as: said}',
      '- {name: more, set: {double: "{{ said }}"}}',
      "- {run: 'echo {{ double }}'}",
      '- {set: {double: 1}}',
      "- {run: 'echo {{ double }}'}",
    ],
    [
      'set double',
      'A run: echo 2, B run: echo 4, C run: echo 6',
      'run: x',
      "depends on the result of 'ask'",
      "depends on the result of 'more'",
      'set double',
      'run: echo 1',
    ],
  ],
  [
    'a list of set is one value for each',
    ['- {set: {n: "{{ item * 2 }}"}, for: [1, 2]}', '- {run: x, for: n}'],
    ['set n | set n', 'run: x | run: x'],
  ],
  [
    'another host is asked only when its result is read',
    [
      '- {name: ask, run: x, as: said, on: A}',
      "- {run: 'echo {{ hostvars.A.interface }} {{ facts.cpus }}', on: B}",
      "- {run: 'echo {{ hostvars.A.said }} {{ facts.cpus }}', on: B}",
    ],
    ['run: x', 'run: echo eth0 2', "depends on the result of 'ask'"],
  ],
  [
    'what is learnt once or here is open everywhere',
    [
      '- {name: ask, run: x, as: said, once: true}',
      "- {run: '{{ said }}', on: B}",
      '- {name: here, run: x, as: heard, on: local}',
      "- {run: '{{ heard }}', on: C}",
    ],
    ['run: x', "depends on the result of 'ask'", 'run: x', "depends on the result of 'here'"],
  ],
  [
    'what cannot be evaluated is wrong',
    ['- {run: "{{ facts.governor.x }}", on: A}'],
    ["wrong: 'facts' has no 'governor' for host A"],
  ],
]

for (const [what, steps, told] of cases)
  test(`${what}`, () => {
    assert.equal(preview(steps.map(step => `  ${step}`).join('\n')), told)
  })

test('what a secret step sets is masked from then on', () => {
  const hide = masker()
  assert.equal(preview('  - {set: {pin: abcdefgh}, secret: true}', hide), ['set pin'])
  assert.is(hide.text('pin abcdefgh'), 'pin ********')
})

test.run()
