import * as assert from 'uvu/assert'
import { type Machine, obstacles } from '../../src/lab/requirements.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('lab/requirements')
const good: Machine = { platform: 'linux', uid: 0, find: name => `/usr/bin/${name}`, namespaces: () => undefined }
const found = (change: Partial<Machine>) =>
  obstacles({ ...good, ...change }).map(({ code, message }) => [code, message])

test('nothing stands in the way of a lab on Linux, as root, with every program', () => {
  assert.equal(found({}), [])
})

test('another system, another user and a machine without namespaces are named', () => {
  assert.equal(found({ platform: 'darwin', uid: 501 }), [
    ['LAB_PLATFORM', 'a lab is made of Linux namespaces, this is darwin'],
  ])
  assert.equal(found({ uid: 1000 }), [['LAB_ROOT', 'a lab needs root, you are user 1000']])
  assert.equal(found({ namespaces: () => 'unshare failed: Operation not permitted' }), [
    ['LAB_NAMESPACES', 'namespaces cannot be made here: unshare failed: Operation not permitted'],
  ])
})

test('every missing program is named with its Debian package', () => {
  const missing = ['sshd', 'ptp4l', 'cc']
  const problems = obstacles({ ...good, find: name => (missing.includes(name) ? undefined : name) })
  assert.equal(
    problems.map(({ message, hint }) => [message, hint]),
    [
      ["the program 'cc' is missing (Debian package gcc and libc6-dev)", 'apt-get install gcc libc6-dev'],
      ["the program 'ptp4l' is missing (Debian package linuxptp)", 'apt-get install linuxptp'],
      ["the program 'sshd' is missing (Debian package openssh-server)", 'apt-get install openssh-server'],
    ],
  )
})

test.run()
