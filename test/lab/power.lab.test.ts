import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { labPaths, readPid } from '../../src/lab/folder.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { powerOff, powerOn } from '../../src/lab/power.ts'
import { kill } from '../../src/lab/process.ts'
import { labStatus } from '../../src/lab/status.ts'
import { hostNamed, labReason, sshTo, withLab } from '../fixtures/lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('lab/power')
const reason = labReason()

test.unless(reason, 'a host without power is silent: nobody is told that a connection is over', () =>
  withLab({ hosts: ['A', 'B'] }, async lab => {
    const session = spawn('ssh', ['-F', lab.sshConfig, 'A', 'echo ready; sleep 1000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(session, 'exit')
    await once(session.stdout, 'data')
    assert.is(await powerOff(lab.name, 'A'), true)
    assert.equal(await stateOf(lab, 'A'), ['off', 'off'])
    assert.equal(await stateOf(lab, 'B'), ['on', 'up'])
    await sleep(1000)
    assert.is(session.exitCode, null, 'a FIN or RST would have ended it')
    session.kill('SIGKILL')
    await exited
    assert.is(await powerOff(lab.name, 'A'), false, 'it was off already')
  }),
)

test.unless(reason, 'a host that is switched on again has its disk and its key, but not its memory', () =>
  withLab({ hosts: ['A', 'B'] }, async lab => {
    await sshTo(lab, 'A', 'echo disk >/root/kept; echo disk >/etc/kept; echo memory >/tmp/lost; echo memory >/run/lost')
    await powerOff(lab.name, 'A')
    assert.is(await powerOn(lab.name, 'A'), true)
    assert.is(
      (await sshTo(lab, 'A', 'cat /root/kept /etc/kept /tmp/lost /run/lost 2>/dev/null')).stdout,
      'disk\ndisk\n',
    )
    assert.equal(await stateOf(lab, 'A'), ['on', 'up'])
    assert.is(await powerOn(lab.name, 'A'), false, 'it was on already')
    const banner = await sshTo(lab, 'B', 'exec 3<>/dev/tcp/A/22; head -c 8 <&3')
    assert.is(banner.stdout, 'SSH-2.0-')
  }),
)

test.unless(reason, 'a host whose first process died, and its cable with it, can be switched on again', () =>
  withLab({ hosts: ['A'] }, async lab => {
    const first = await readPid(labPaths(lab.name).host('A'))
    assert.ok(first !== undefined && first.pid === hostNamed(lab, 'A').pid)
    await kill(first)
    assert.equal(await stateOf(lab, 'A'), ['off', 'off'])
    await powerOn(lab.name, 'A')
    assert.is((await sshTo(lab, 'A', 'hostname')).stdout, 'A\n')
  }),
)

test.run()

async function stateOf(lab: Lab, name: string) {
  const { hosts } = await labStatus(lab.name)
  const host = hosts.find(each => each.name === name)
  return [host?.power, host?.link]
}
