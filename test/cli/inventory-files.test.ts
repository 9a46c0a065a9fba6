import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { filesBelow } from '../../src/cli/inventory-files.ts'
import { LockstepError, problemsOf } from '../../src/errors/error.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('cli/inventory-files')

function withFolder(use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-inventory-'))
  try {
    use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('files and folders are found below the folder where the program was started', () =>
  withFolder(folder => {
    mkdirSync(join(folder, 'inv'))
    writeFileSync(join(folder, 'inv', 'hosts'), 'h1\n', { mode: 0o755 })
    symlinkSync('gone', join(folder, 'inv', 'dangling'))
    const files = filesBelow(folder)
    assert.equal([files.kind('inv'), files.kind('inv/hosts'), files.kind('inv/none')], ['folder', 'file', undefined])
    assert.equal([...files.list('inv')].sort(), ['dangling', 'hosts'])
    assert.is(files.kind('inv/dangling'), undefined)
    assert.is(files.readText('inv/hosts'), 'h1\n')
    assert.is(files.readText('inv/none'), undefined)
    assert.ok(files.isExecutable('inv/hosts'))
    assert.not(files.isExecutable('inv/none'))
  }))

test('text that is no UTF-8 is refused with line and column', () =>
  withFolder(folder => {
    writeFileSync(join(folder, 'hosts.ini'), Buffer.concat([Buffer.from('h1\nh2 name=m'), Buffer.from([0xfc, 0x0a])]))
    try {
      loadInventory(['hosts.ini'], { files: filesBelow(folder) })
      assert.unreachable()
    } catch (error) {
      assert.instance(error, LockstepError)
      const [problem] = problemsOf(error as LockstepError)
      assert.is(problem?.code, 'INVENTORY_ENCODING')
      assert.equal(problem?.at, { file: 'hosts.ini', line: 2, column: 10 })
    }
  }))

test('a byte order mark is dropped', () =>
  withFolder(folder => {
    writeFileSync(join(folder, 'hosts.ini'), '\uFEFF# a comment\nh1\n')
    const { hosts } = loadInventory(['hosts.ini'], { files: filesBelow(folder) })
    assert.equal(
      hosts.map(({ name }) => name),
      ['h1'],
    )
  }))

test.run()
