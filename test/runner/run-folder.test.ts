import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { createRunFolder } from '../../src/runner/run-folder.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/run-folder')
const started = new Date('2026-11-21T22:14:31.123Z')

function inFolder(use: (base: string) => void): void {
  const base = mkdtempSync(join(tmpdir(), 'lockstep-runs-'))
  try {
    use(base)
  } finally {
    rmSync(base, { recursive: true })
  }
}

test('is named after the time and the play, and a second one in the same second gets a number', () =>
  inFolder(base => {
    createRunFolder({ base, name: 'Two senders, one receiver', started })
    createRunFolder({ base, name: 'Two senders, one receiver', started })
    assert.equal(readdirSync(base).sort(), [
      '2026-11-21T221431Z-two-senders-one-receiver',
      '2026-11-21T221431Z-two-senders-one-receiver-2',
    ])
  }))

test('a name that has nothing for a file name still makes a folder inside its base', () =>
  inFolder(base => {
    const { path } = createRunFolder({ base, name: '../..', started })
    assert.is(path, join(base, '2026-11-21T221431Z-run'))
  }))

test('lines are JSON with bigints as decimal strings, one write each', () =>
  inFolder(base => {
    const folder = createRunFolder({ base, name: 'x', started })
    folder.line('events.ndjson', { offset: -12n, seen: new Map([['A', 1]]) })
    folder.line('events.ndjson', { offset: 3n })
    assert.is(
      readFileSync(join(folder.path, 'events.ndjson'), 'utf8'),
      '{"offset":"-12","seen":{"A":1}}\n{"offset":"3"}\n',
    )
  }))

test('a file is written whole: nothing else is left in its folder', () =>
  inFolder(base => {
    const folder = createRunFolder({ base, name: 'x', started })
    folder.write('flows/a.dat', Buffer.from([1, 2, 3]))
    folder.write('flows/a.dat', Buffer.from([4]))
    assert.equal(readdirSync(join(folder.path, 'flows')), ['a.dat'])
    assert.is(readFileSync(join(folder.path, 'flows/a.dat')).toString('hex'), '04')
  }))

test('many files are written at once, each whole, and one that cannot be is told', async () => {
  const base = mkdtempSync(join(tmpdir(), 'lockstep-runs-'))
  try {
    const folder = createRunFolder({ base, name: 'x', started })
    const names = Array.from({ length: 20 }, (_, i) => `${i}.json`)
    await Promise.all(names.map((name, i) => folder.writeJsonBeside(`hosts/${name}`, { number: i })))
    assert.equal(readdirSync(join(folder.path, 'hosts')).sort(), names.toSorted())
    assert.is(readFileSync(join(folder.path, 'hosts/7.json'), 'utf8'), '{\n  "number": 7\n}\n')
    assert.not.ok(folder.failed.aborted)
    mkdirSync(join(folder.path, 'hosts/A.json'))
    await folder.writeJsonBeside('hosts/A.json', {})
    assert.match(folder.failed.reason.message, /^cannot write \S+\/hosts\/A\.json: /)
    assert.not.ok(readdirSync(join(folder.path, 'hosts')).some(name => name.endsWith('.new')))
  } finally {
    rmSync(base, { recursive: true })
  }
})

test('a folder that was removed meanwhile is made again', () =>
  inFolder(base => {
    const folder = createRunFolder({ base, name: 'x', started })
    folder.append('hosts/A/p.log', Buffer.from('one\n'))
    rmSync(join(folder.path, 'hosts'), { recursive: true })
    folder.append('hosts/A/p.log', Buffer.from('two\n'))
    assert.is(readFileSync(join(folder.path, 'hosts/A/p.log'), 'utf8'), 'two\n')
  }))

test('what cannot be written is told once, as a signal, and leaves no half file', () =>
  inFolder(base => {
    const folder = createRunFolder({ base, name: 'x', started })
    symlinkSync('/dev/full', join(folder.path, 'events.ndjson'))
    mkdirSync(join(folder.path, 'result.json'))
    assert.not.ok(folder.failed.aborted)
    folder.line('events.ndjson', { kind: 'lost' })
    folder.writeJson('result.json', {})
    const { code, message, hint } = folder.failed.reason
    assert.is(code, 'USAGE_FILE')
    assert.match(message, /^cannot write \S+\/events\.ndjson: ENOSPC/)
    assert.match(hint, /--runs/)
    assert.equal(readdirSync(folder.path).sort(), ['events.ndjson', 'result.json'])
    folder.writeJson('later.json', {})
    assert.ok(existsSync(join(folder.path, 'later.json')), 'a later write is tried again')
  }))

test('a base that cannot be written is said with a hint', () => {
  const file = '/dev/null/runs'
  assert.not.ok(existsSync(file))
  assert.throws(
    () => createRunFolder({ base: file, name: 'x', started }),
    (error: { code: string; hint: string }) => error.code === 'USAGE_FILE' && error.hint.includes('--runs'),
  )
})

test.run()
