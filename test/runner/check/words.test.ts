import * as assert from 'uvu/assert'
import type { Action } from '../../../src/playbook/step.ts'
import { actionInWords } from '../../../src/runner/check/words.ts'
import { ms } from '../../../src/units/quantity.ts'
import { pull, push, run, script, waitFor } from '../../fixtures/made-steps.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('runner/check/words')

const around = { env: { TOKEN: 'hidden-value' }, cwd: '/tmp', stdin: 'hidden-input' }

const cases: readonly (readonly [Action, string])[] = [
  [run('echo "$HOME" | cat\n'), 'run: echo "$HOME" | cat'],
  [run(['printf', '%s', "it's", 'a b']), "run: printf %s 'it'\\''s' 'a b'"],
  [run('id', around), 'run: id (in /tmp, with TOKEN in its environment, with something on its input)'],
  [script('a b.sh', { args: ['x'] }), "run the script 'a b.sh' x"],
  [push({ path: 'files/x' }, '/etc/x'), 'push files/x to /etc/x'],
  [push({ text: 'hidden', template: 'x.j2' }, '/etc/x'), 'push what x.j2 becomes to /etc/x'],
  [pull(['/a', '/b*']), 'pull /a /b*'],
  [waitFor({ kind: 'port', port: 22, address: '::1' }), 'wait until ::1 port 22 accepts connections'],
  [waitFor({ kind: 'file', path: '/x', absent: false }), 'wait until /x is there'],
  [waitFor({ kind: 'file', path: '/x', absent: true }), 'wait until /x is gone'],
  [waitFor({ kind: 'log', path: '/l', pattern: /^a b$/ }), 'wait until a line of /l matches ^a b$'],
  [waitFor({ kind: 'command', command: { line: 'true' } }), 'wait until this succeeds: true'],
  [{ kind: 'pause', length: ms(1500) }, 'pause for 1.5s'],
  [{ kind: 'set', values: new Map([['a', 'hidden']]) }, 'set a'],
  [{ kind: 'assert', claims: [{ text: 'a == 1', holds: false }], message: undefined }, 'claim: a == 1'],
]

for (const [action, words] of cases)
  test(`an action in words: ${words}`, () => {
    assert.is(actionInWords(action), words)
    assert.not.match(actionInWords(action), 'hidden')
  })

test.run()
