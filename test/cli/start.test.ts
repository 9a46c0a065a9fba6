import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { suite } from '../fixtures/suite.ts'

const test = suite('cli/start')

/** `lockstep --version` as a process of its own, with stdout as given. */
async function version(stdout: number | 'pipe'): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, ['bin/lockstep.js', '--version'], { stdio: ['ignore', stdout, 'pipe'] })
  child.stdout?.destroy()
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stderr }
}

test('an output that cannot be written is said, and is no success', async () => {
  const full = openSync('/dev/full', 'w')
  try {
    const { code, stderr } = await version(full)
    assert.is(stderr, 'lockstep: cannot write to stdout: ENOSPC: no space left on device, write\n')
    assert.is(code, 3)
  } finally {
    closeSync(full)
  }
})

test('a reader that has left is no failure', async () => {
  assert.equal(await version('pipe'), { code: 0, stderr: '' })
})

test.run()
