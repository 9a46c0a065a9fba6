import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { Entry } from '../../src/book/entry.ts'
import { logTo } from '../../src/daemon/log.ts'
import { resultHook } from '../../src/daemon/result-hook.ts'
import { until } from '../fixtures/processes.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('daemon/result-hook')

const entry = { rid: 'r1', gid: 'g1', state: 'done', identity: 'alice', kind: 'throughput' } as unknown as Entry

/** What the log says of a hook of these lines. */
const after = (script: string, limitMs = 10_000) =>
  withFolder(async folder => {
    const [program, heard] = [join(folder, 'hook'), join(folder, 'heard')]
    await writeFile(program, `#!/bin/sh\n${script.replaceAll('HEARD', heard)}\n`)
    await chmod(program, 0o755)
    const lines: Record<string, unknown>[] = []
    const log = logTo(line => lines.push(JSON.parse(line)), { now: Date.now, prefixed: false })
    const manifest = async () => ({ rid: 'r1', sealedAt: 1, facts: { exit: 0 }, files: [] })
    resultHook({ program: script === '' ? join(folder, 'none') : program, results: { manifest }, log, limitMs })(entry)
    await until(() => lines.length > 0)
    return { line: lines[0] ?? {}, heard: await readFile(heard, 'utf8').catch(() => '') }
  })

test('a hook is told the reservation and its manifest, a line of JSON', async () => {
  const { line, heard } = await after('cat >HEARD')
  assert.equal([line['level'], line['event'], line['rid'], line['exit']], ['info', 'hook-ended', 'r1', 0])
  const told = JSON.parse(heard)
  assert.equal([told.rid, told.state, told.identity, told.manifest.facts], ['r1', 'done', 'alice', { exit: 0 }])
  assert.is(told.details, undefined)
})

test('one that fails, reads nothing or is not there is in the log, and nothing more', async () => {
  const failed = await after('echo no room >&2; exit 3')
  assert.equal([failed.line['level'], failed.line['exit'], failed.line['message']], ['warning', 3, 'no room'])
  assert.is((await after('exec <&-; exit 0')).line['exit'], 0)
  const missing = await after('')
  assert.equal([missing.line['event'], missing.line['code']], ['hook-failed', 'BOOK_PROCESS'])
})

test('one that does not end is ended, with all that it has started', async () => {
  const { line } = await after('sleep 60 & echo $! >HEARD; wait', 300)
  assert.equal([line['level'], line['signal']], ['warning', 'SIGKILL'])
})

test.run()
