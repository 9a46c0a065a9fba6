import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { bestHolder, missingPrograms } from '../../src/daemon/programs.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('programs of a host')

test('this host has what lockstepd needs', async () => {
  assert.equal(await missingPrograms(), [])
})

test('what is missing is said with its package', () =>
  withFolder(async folder => {
    await symlink('/usr/bin/flock', join(folder, 'flock'))
    assert.equal(await missingPrograms(folder), ['setpriv of util-linux', 'prlimit of util-linux'])
  }))

test('perl holds tests where it is and works, else the shell', () =>
  withFolder(async folder => {
    assert.is(await bestHolder(), 'perl')
    assert.is(await bestHolder(folder), 'sh')
    await writeFile(join(folder, 'perl'), '#!/bin/sh\nexit 2\n', { mode: 0o755 })
    assert.is(await bestHolder(folder), 'sh')
  }))

test.run()
