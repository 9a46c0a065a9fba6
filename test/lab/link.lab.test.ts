import { readFile } from 'node:fs/promises'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { execInHost } from '../../src/lab/console.ts'
import { labPaths } from '../../src/lab/folder.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { cutLink, healLink } from '../../src/lab/link.ts'
import { labStatus } from '../../src/lab/status.ts'
import { labReason, say, sshTo, withLab } from '../fixtures/lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('lab/link')
const reason = labReason()
const banner = (host: string) => `exec 3<>/dev/tcp/${host}/22; head -c 8 <&3`

test.unless(reason, 'a cut link parts a host from everybody, and the switch sees it; healed, it is as before', () =>
  withLab({ hosts: ['A', 'B'] }, async lab => {
    await cutLink(lab.name, 'A', false)
    assert.is(await linkOf(lab, 'A'), 'cut')
    assert.is.not((await quickSsh(lab, 'A')).code, 0)
    assert.is((await onConsole(lab, 'A', 'cat /sys/class/net/eth0/carrier')).stdout, '0\n')
    await until('the switch notices', async () => /port 1: link down/.test(await switchLog(lab)))
    await healLink(lab.name, 'A', false)
    assert.is(await linkOf(lab, 'A'), 'up')
    assert.is((await sshTo(lab, 'A', banner('B'))).stdout, 'SSH-2.0-')
    await until('the switch notices', async () => /port 1: link up/.test(await switchLog(lab)))
  }),
)

test.unless(reason, 'with only ssh cut, a host answers everybody but the controller', () =>
  withLab({ hosts: ['A', 'B'] }, async lab => {
    await cutLink(lab.name, 'A', true)
    await cutLink(lab.name, 'A', true)
    assert.is(await linkOf(lab, 'A'), 'no ssh')
    assert.is.not((await quickSsh(lab, 'A')).code, 0)
    assert.is((await sshTo(lab, 'B', banner('A'))).stdout, 'SSH-2.0-')
    assert.is((await onConsole(lab, 'A', 'cat /sys/class/net/eth0/carrier')).stdout, '1\n')
    await healLink(lab.name, 'A', true)
    await healLink(lab.name, 'A', true)
    assert.is(await linkOf(lab, 'A'), 'up')
    assert.is((await sshTo(lab, 'A', 'hostname')).stdout, 'A\n')
  }),
)

test.unless(reason, 'a connection that stood before the cut goes on after it', () =>
  withLab({ hosts: ['A'] }, async lab => {
    for (const sshOnly of [false, true]) {
      const session = sshTo(lab, 'A', 'sleep 0.5; echo still here')
      await sleep(250)
      await cutLink(lab.name, 'A', sshOnly)
      await sleep(500)
      await healLink(lab.name, 'A', sshOnly)
      assert.is((await session).stdout, 'still here\n')
    }
  }),
)

test.unless(reason, 'the console gives a command’s output and its own exit code', () =>
  withLab({ hosts: ['A'] }, async lab => {
    assert.equal(await onConsole(lab, 'A', 'hostname; echo oops >&2; exit 7'), {
      code: 7,
      stdout: 'A\n',
      stderr: 'oops\n',
    })
  }),
)

test.run()

async function linkOf(lab: Lab, name: string) {
  return (await labStatus(lab.name)).hosts.find(host => host.name === name)?.link
}

const quickSsh = (lab: Lab, host: string) =>
  say(['ssh', '-F', lab.sshConfig, '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=1', host, 'true'])

const switchLog = (lab: Lab) => readFile(labPaths(lab.name).switch.log, 'utf8')

async function onConsole(lab: Lab, host: string, command: string) {
  const stdin = new PassThrough().end()
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const interrupted = new AbortController().signal
  const code = await execInHost(lab.name, host, ['sh', '-c', command], { stdin, stdout, stderr, env: {}, interrupted })
  return { code, stdout: `${stdout.read() ?? ''}`, stderr: `${stderr.read() ?? ''}` }
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within 10 s`)
    await sleep(20)
  }
}
