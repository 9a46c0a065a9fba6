import * as assert from 'uvu/assert'
import { LockstepError, problemsOf } from '../../src/errors/error.ts'
import { type StepSelection, selectSteps } from '../../src/playbook/select-steps.ts'
import { load } from '../fixtures/playbooks.ts'
import { withSteps } from '../fixtures/steps.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/select-steps')

const play = load(`${withSteps(
  [
    '  - {name: plain, run: x}',
    '  - {name: net up, run: x, tags: [net, slow]}',
    '  - {name: net check, run: x, tags: net}',
    '  - {name: first, run: x, tags: always}',
    '  - {name: wipe, run: x, tags: [never, wipe]}',
  ].join('\n'),
)}after:
  - {name: last, run: x, tags: slow}
`)

const names = (selection: StepSelection) => {
  const { setup, after } = selectSteps(play, selection)
  return [...setup, ...after].map(({ name }) => name).join(', ')
}

test('names, globs and tags select steps as in Ansible', () => {
  const cases: [StepSelection, string][] = [
    [{}, 'plain, net up, net check, first, last'],
    [{ only: ['net*'] }, 'net up, net check'],
    [{ only: ['plain', 'last'] }, 'plain, last'],
    [{ skip: ['net*', 'last'] }, 'plain, first'],
    [{ only: ['net*'], skip: ['net up'] }, 'net check'],
    [{ tags: ['net'] }, 'net up, net check, first'],
    [{ tags: ['slow'] }, 'net up, first, last'],
    [{ tags: ['all'] }, 'plain, net up, net check, first, last'],
    [{ tags: ['tagged'] }, 'net up, net check, first, last'],
    [{ tags: ['untagged'] }, 'plain, first'],
    [{ tags: ['never'] }, 'first, wipe'],
    [{ tags: ['wipe'] }, 'first, wipe'],
    [{ tags: ['all', 'wipe'] }, 'plain, net up, net check, first, wipe, last'],
    [{ tags: ['always'] }, 'first'],
    [{ skipTags: ['net'] }, 'plain, first, last'],
    [{ skipTags: ['always'] }, 'plain, net up, net check, last'],
    [{ skipTags: ['tagged'] }, 'plain, first'],
    [{ skipTags: ['untagged'] }, 'net up, net check, first, last'],
    [{ skipTags: ['all'] }, 'first'],
    [{ tags: ['net'], skipTags: ['slow'] }, 'net check, first'],
  ]
  for (const [selection, selected] of cases) assert.is(names(selection), selected, JSON.stringify(selection))
})

function faults(selection: StepSelection, of = play): readonly string[] {
  try {
    selectSteps(of, selection)
    return []
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return problemsOf(error).map(({ message, hint }) => `${message} (${hint})`)
  }
}

test('a name or tag that selects nothing is a mistake', () => {
  assert.equal(faults({ only: ['plian'] }), ["--only plian: no step has this name (did you mean 'plain'?)"])
  assert.equal(faults({ skip: ['x*'], skipTags: ['nett'] }), [
    '--skip x*: no step has this name (known here: plain, net up, net check, first, wipe, last)',
    "--skip-tags nett: no step has this tag (did you mean 'net'?)",
  ])
  assert.equal(faults({ tags: ['allways'] }), ["--tags allways: no step has this tag (did you mean 'always'?)"])
})

test('a step that needs the result of one that is left out is a mistake', () => {
  const needing = load(
    withSteps(
      '  - {name: a, run: x, as: v}\n  - {name: b, run: "echo {{ v }}"}\n  - {name: c, run: "echo {{ v | default(1) }}"}',
    ),
  )
  assert.equal(faults({ only: ['b'] }, needing), [
    "step 'b' needs 'v', and the step that sets it is left out: 'a' (select that step too, or leave this one out)",
  ])
  assert.equal(faults({ only: ['a', 'b'] }, needing), [])
  assert.equal(faults({ only: ['c'] }, needing), [])
  assert.equal(faults({ skip: ['b'] }, needing), [])
})

test('one of two steps that set a name is enough', () => {
  const twice = load(
    withSteps('  - {name: a, run: x, as: v}\n  - {name: b, set: {v: 1}}\n  - {name: c, run: "echo {{ v }}"}'),
  )
  assert.equal(faults({ skip: ['a'] }, twice), [])
  assert.is(faults({ skip: ['a', 'b'] }, twice).length, 1)
})

test.run()
