import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { compiledClocks, eventually, noClockLab } from '../fixtures/clock-rig.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('lab-init')
const execute = promisify(execFile)

/** A lab-init as the first process of a pid namespace; `pid` is its number out here. */
async function withInit<T>(
  argv: readonly string[],
  use: (init: { pid: number; stdin: NodeJS.WritableStream; exited: Promise<unknown[]> }) => Promise<T>,
): Promise<T> {
  const { init } = await compiledClocks()
  const namespace = ['--pid', '--fork', '--mount-proc', '--kill-child', init]
  const unshare = spawn('unshare', [...namespace, ...argv], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(unshare, 'exit')
  try {
    await once(unshare.stdout, 'data')
    return await use({ pid: await childOf(unshare.pid ?? 0), stdin: unshare.stdin, exited })
  } finally {
    unshare.kill('SIGKILL')
    await exited
  }
}

const childOf = async (pid: number) => Number(await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'))

const states = async (pid: number) =>
  (await execute('nsenter', ['-t', `${pid}`, '-p', '-m', 'ps', '-eo', 'stat=,comm='])).stdout

test.unless(noClockLab, 'it stays when its command has ended, and reaps what the command left', () =>
  withInit(['--', 'sh', '-c', '(sleep 0.1; exec sleep 0.1) & echo ready'], async ({ pid }) => {
    const seen = await eventually(
      () => states(pid),
      text => !text.includes('sleep'),
      5_000,
    )
    assert.match(seen, /lab-init/)
    assert.not.match(seen, /^Z|defunct/m)
  }),
)

test.unless(noClockLab, 'SIGTERM ends it and every process of its namespace', () =>
  withInit(['--', 'sh', '-c', 'echo ready; trap "" TERM; sleep 60'], async ({ pid, exited }) => {
    const sleeper = await childOf(pid)
    process.kill(pid, 'SIGTERM')
    assert.equal(await exited, [0, null])
    await eventually(
      async () => isThere(sleeper),
      there => !there,
      5_000,
    )
  }),
)

test.unless(noClockLab, 'with --until-eof it ends when its standard input does', () =>
  withInit(['--until-eof', '--', 'sh', '-c', 'echo ready; exec sleep 60'], async ({ stdin, exited }) => {
    stdin.end()
    assert.equal(await exited, [0, null])
  }),
)

test.unless(noClockLab, 'a command that cannot be started is named', async () => {
  const { init } = await compiledClocks()
  const failed = await execute(init, ['--', '/no/such/program']).catch(error => error)
  assert.is(failed.code, 127)
  assert.is(failed.stderr, 'lab-init: /no/such/program: No such file or directory\n')
})

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test.run()
