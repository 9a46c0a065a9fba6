import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { type LocalCommand, type LocalCommandOptions, runLocal } from '../../src/transport/local-command.ts'
import { localSessions } from '../../src/transport/local-sessions.ts'
import { processesWith } from '../fixtures/step-play.ts'
import { suite } from '../fixtures/suite.ts'

const [, script = '', role, markOfParent = ''] = process.argv

/** A length of sleep that no other process has. */
const mark = `3600.${process.pid}`

const runHere = (command: LocalCommand, more: Partial<LocalCommandOptions> = {}) =>
  runLocal(command, {
    env: { PATH: process.env['PATH'], SHELL: '/bin/sh' },
    cwd: tmpdir(),
    timeoutMs: 20_000,
    maxBytes: 1 << 20,
    signal: new AbortController().signal,
    onOutput: () => undefined,
    sessions: localSessions(),
    ...more,
  })

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (const deadline = Date.now() + 10_000; !isSo(); await pause(20))
    if (Date.now() > deadline) throw new Error(`10 s later: ${what}`)
}

/** This file as a program that somebody kills. */
if (role === 'run') await runHere({ argv: ['sh', '-c', `sleep ${markOfParent} & sleep ${markOfParent}`] })
else {
  const test = suite('transport/local-command')

  for (const [how, commandOf] of [
    ['an argv', (line: string) => ({ argv: ['sh', '-c', line] })],
    ['a line', (line: string) => ({ line })],
  ] as const) {
    test(`${how}: what it leaves in the background lives until the end of the run`, async () => {
      const sessions = localSessions()
      const said = await runHere(commandOf(`sleep ${mark} >/dev/null 2>&1 & echo up; exit 3`), { sessions })
      assert.equal([said.code, said.stdout.toString(), processesWith(mark).length], [3, 'up\n', 1])
      assert.is(await sessions.end(), 1)
      assert.equal(processesWith(mark), [])
      assert.is(await sessions.end(), 0)
    })

    test(`${how}: what keeps its outputs open holds nobody up`, async () => {
      const sessions = localSessions()
      const startedAt = performance.now()
      const said = await runHere(commandOf(`sleep ${mark} & echo up`), { sessions })
      assert.equal([said.code, said.stdout.toString()], [0, 'up\n'])
      assert.ok(performance.now() - startedAt < 10_000)
      assert.is(await sessions.end(), 1)
      assert.equal(processesWith(mark), [])
    })

    test(`${how}: when it must stop, everything of it ends, also what ignores TERM`, async () => {
      const stop = new AbortController()
      const running = runHere(commandOf(`trap "" TERM; sleep ${mark} & sleep ${mark}`), { signal: stop.signal })
      await until(() => processesWith(mark).length === 2, 'it has not begun')
      stop.abort(new Error('enough'))
      await running.then(
        () => assert.unreachable(),
        (error: Error) => assert.is(error.message, 'enough'),
      )
      await until(() => processesWith(mark).length === 0, 'something of it is left')
    })
  }

  test('a program that does not exist is said', async () => {
    await runHere({ argv: ['/nosuch/program'] }).then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, /^\/nosuch\/program cannot be run here: .*ENOENT/),
    )
  })

  test('when whoever runs it is killed, everything of it ends', async () => {
    const child = spawn(process.execPath, [script, 'run', mark], { stdio: 'ignore' })
    // The program itself has the word in its command line too.
    await until(() => processesWith(mark).length === 3, 'it has not begun')
    child.kill('SIGKILL')
    await once(child, 'exit')
    await until(() => processesWith(mark).length === 0, 'something of it is left')
  })

  test.run()
}
