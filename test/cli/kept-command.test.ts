import * as assert from 'uvu/assert'
import { commandToKeep, keptCommand } from '../../src/cli/kept-command.ts'
import { withFolder } from '../fixtures/made-run.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('cli/kept-command')

const kept = (options: object) => ({
  'experiment.json': JSON.stringify(commandToKeep('p.yml', '/lab', { from: 'setup', ...options })),
})

test('what decides what an experiment is comes back, and nothing else is kept', () =>
  withFolder(kept({ inventory: ['lab.ini'], limit: 'a', json: true, askBecomePass: true }), folder => {
    const { playbook, cwd, options } = keptCommand(folder, {})
    assert.equal([playbook, cwd], ['p.yml', '/lab'])
    assert.equal(options, { from: 'setup', inventory: ['lab.ini'], limit: 'a' })
  }))

test('what is said now wins', () =>
  withFolder(kept({ inventory: ['lab.ini'], from: 'sync' }), folder => {
    const { options } = keptCommand(folder, { inventory: ['/other.ini'] })
    assert.equal(options, { from: 'sync', inventory: ['/other.ini'] })
  }))

test('an option that held a secret has to be given again', () =>
  withFolder(kept({ extraVars: ['password=********'] }), folder => {
    assert.throws(() => keptCommand(folder, {}), /--extra-vars holds a secret, which is not kept/)
    assert.equal(keptCommand(folder, { extraVars: ['password=x'] }).options.extraVars, ['password=x'])
  }))

test('a folder of another kind is refused', () =>
  withFolder({}, folder => {
    assert.throws(() => keptCommand(folder, {}), /is no experiment that can go on: it has no experiment\.json/)
  }))

test.run()
