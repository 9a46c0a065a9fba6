import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { pullFile, readFile, writeFile } from '../../src/transport/files.ts'
import type { HostConnection } from '../../src/transport/transport.ts'
import { connected, withSshd } from '../fixtures/sshd.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('transport/files')

const withHost = (use: (connection: HostConnection, folder: string) => Promise<void>) =>
  withSshd(sshd =>
    connected(sshd, async connection => {
      const folder = mkdtempSync(join(tmpdir(), 'lockstep-files-'))
      try {
        await use(connection, folder)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    }),
  )

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof LockstepError ? error.code : error),
  )

test('files that have no size are read all the same', () =>
  withHost(async connection => {
    const release = await readFile(connection, '/proc/sys/kernel/osrelease', 1_000)
    assert.is(String(release), readFileSync('/proc/sys/kernel/osrelease', 'utf8'))
  }))

test('a file that is missing or too large is an error', () =>
  withHost(async (connection, folder) => {
    assert.is(await codeOf(readFile(connection, join(folder, 'none'), 1_000)), 'HOST_FILE')
    writeFileSync(join(folder, 'large'), 'x'.repeat(1_001))
    assert.is(await codeOf(readFile(connection, join(folder, 'large'), 1_000)), 'STEP_OUTPUT')
  }))

test('any bytes come back as they were, and nothing is left of a copy that failed', () =>
  withHost(async (connection, folder) => {
    const data = randomBytes(3_000_000)
    writeFileSync(join(folder, '-from here'), data)
    const to = join(folder, 'to')
    await pullFile(connection, join(folder, '-from here'), to, { timeoutMs: 15_000 })
    assert.ok(readFileSync(to).equals(data))
    assert.is(await codeOf(pullFile(connection, '/nonesuch', join(folder, 'x'), { timeoutMs: 15_000 })), 'HOST_FILE')
    const endless = pullFile(connection, '/dev/zero', join(folder, 'y'), { timeoutMs: 300 })
    assert.is(await codeOf(endless), 'SSH_TIMEOUT')
    assert.equal(readdirSync(folder).sort(), ['-from here', 'to'])
  }))

test('a file is written whole, for its owner only', () =>
  withHost(async (connection, folder) => {
    const path = join(folder, "it's here")
    await writeFile(connection, path, 'old')
    const data = randomBytes(300_000)
    await writeFile(connection, path, data)
    assert.ok(readFileSync(path).equals(data))
    assert.is(statSync(path).mode & 0o777, 0o600)
    assert.is(await codeOf(writeFile(connection, join(folder, 'none/x'), 'x')), 'HOST_FILE')
    assert.equal(readdirSync(folder), ["it's here"])
  }))

test.run()
