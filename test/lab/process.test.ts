import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as assert from 'uvu/assert'
import { formatRecord, identify, isAlive, kill, parseRecord, parseStat } from '../../src/lab/process.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('lab/process')
const notLinux = process.platform === 'linux' ? undefined : 'no /proc'
const fields = `1 2 3 0 -1 4194560 9 0 0 0 0 0 0 0 20 0 1 0 987654 1000 200`

test('state and start time are found behind any command name', () => {
  for (const name of ['sh', 'a b', 'x) S 1 (y', ')', ''])
    assert.equal(parseStat(`42 (${name}) S ${fields}\n`), { state: 'S', start: '987654' })
  assert.is(parseStat(''), undefined)
  assert.is(parseStat('42 (sh) S 1'), undefined)
})

test('a record is read back, and half a record is none', () => {
  const record = { pid: 42, start: '987654' }
  const text = formatRecord(record)
  assert.equal(parseRecord(text), record)
  for (let length = 0; length < text.length; length++) assert.is(parseRecord(text.slice(0, length)), undefined)
})

test.unless(notLinux, 'a process is killed when it is the one recorded, and only then', async () => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  const record = await identify(child.pid ?? 0)
  assert.is(await isAlive(record), true)
  const namesake = { ...record, start: `${BigInt(record.start) - 1n}` }
  assert.is(await isAlive(namesake), false)
  await kill(namesake)
  assert.is(child.exitCode ?? child.signalCode, null, 'a process with another start time is somebody else')
  await kill(record)
  assert.equal(await exited, [null, 'SIGKILL'])
  assert.is(await isAlive(record), false)
  await kill(record)
})

test.run()
