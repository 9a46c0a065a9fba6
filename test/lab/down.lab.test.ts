import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { labDown } from '../../src/lab/down.ts'
import { labPaths } from '../../src/lab/folder.ts'
import { parseRecord } from '../../src/lab/process.ts'
import { freshName, labReason, sshTo, withLab } from '../fixtures/lab.ts'
import { namespacesOf, tracesOf } from '../fixtures/lab-traces.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('lab/down')
const reason = labReason()
/** Namespaces go when the kernel comes to it. */
const limitMs = 180_000

test.unless(reason, 'a lab that goes leaves no process, mount, link, namespace or file', async () => {
  const { name, namespaces } = await withLab({}, async lab => {
    await sshTo(lab, 'A', 'setsid sleep 1000 </dev/null >/dev/null 2>&1 &')
    const pids = [pidIn(labPaths(lab.name).switch.pid), ...lab.hosts.map(host => host.pid)]
    assert.ok(tracesOf(lab.name).length > 5, 'the search finds a lab that is up')
    return { name: lab.name, namespaces: pids.flatMap(namespacesOf).filter(each => !ours.has(each)) }
  })
  assert.is(namespaces.length, 20, 'five for each host and the switch')
  assert.equal(tracesOf(name, namespaces), [])
})

test.unless(reason, 'taking down what is not there is no error, and makes nothing', async () => {
  const name = freshName()
  assert.is(await labDown(name), false)
  assert.equal(tracesOf(name), [])
})

/** Files that `up` makes on its way, in order; `up` is killed as soon as each is there. */
const moments = [
  ['its lock', '../.NAME.lock'],
  ['the folder', '.'],
  ['the record', 'lab.json'],
  ['the switch’s log', 'switch/log'],
  ['the switch’s first process', 'switch/pid'],
  ['the first host’s file systems', 'hosts/A/fstab'],
  ['the first host’s log', 'hosts/A/log'],
  ['the last host’s first process', 'hosts/C/pid'],
  ['the clocks', 'hosts/C/clock/state'],
  ['the switch’s ptp4l', 'switch/ptp4l'],
] as const

for (const [what, file] of moments) {
  test.unless(
    reason,
    `after SIGKILL of up at ${what}, down leaves nothing and up works again`,
    async () => {
      const name = freshName()
      try {
        await killedAt(name, join(labPaths(name).folder, file.replace('NAME', name)))
        await labDown(name)
        assert.equal(tracesOf(name), [])
        await withLab({ name, hosts: ['A'] }, async lab => {
          assert.is((await sshTo(lab, 'A', 'hostname')).stdout, 'A\n')
        })
      } finally {
        await labDown(name)
      }
    },
    { limitMs },
  )
}

test.unless(
  reason,
  'up clears away what an up that was killed has left',
  async () => {
    const name = freshName()
    await killedAt(name, labPaths(name).host('A').pid)
    await withLab({ name, hosts: ['X'] }, async lab => {
      assert.is((await sshTo(lab, 'X', 'hostname')).stdout, 'X\n')
    })
    assert.equal(tracesOf(name), [])
  },
  { limitMs },
)

test.unless(
  reason,
  'an up that is interrupted takes down what it has made and ends with 130',
  async () => {
    const name = freshName()
    const up = startUp(name)
    const exited = once(up, 'exit')
    await appears(labPaths(name).switch.pid)
    up.kill('SIGINT')
    assert.equal(await exited, [130, null])
    assert.equal(tracesOf(name), [])
  },
  { limitMs },
)

test.run()

const ours = new Set(namespacesOf(process.pid))

/** What it has to say of a failure is seen among the test's own words. */
function startUp(name: string) {
  return spawn(process.execPath, ['bin/lockstep.js', 'lab', 'up', '--name', name], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function killedAt(name: string, path: string): Promise<void> {
  const up = startUp(name)
  const exited = once(up, 'exit')
  await appears(path)
  up.kill('SIGKILL')
  assert.equal(await exited, [null, 'SIGKILL'], `up was over before ${path} was seen`)
}

async function appears(path: string): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!existsSync(path)) {
    if (Date.now() > deadline) throw new Error(`${path} never appeared`)
    await sleep(1)
  }
}

function pidIn(path: string): number | undefined {
  return parseRecord(readFileSync(path, 'utf8'))?.pid
}
