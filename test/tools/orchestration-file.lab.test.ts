import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { LockstepError } from '../../src/errors/error.ts'
import { readOrchestrationFile } from '../../src/tools/orchestration-file.ts'
import { tai } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools: orchestration file, as isochron reads it')

const program = ['/usr/bin/isochron', '/usr/local/bin/isochron'].find(path => existsSync(path))
const missing = program === undefined ? 'needs the Debian package isochron' : undefined

/** A section whose receiver is a loopback port where nobody listens: isochron stops right after reading the file. */
const exec = 'isochron send -i lo -c 0.01 -s 100 -n 5 -X 100 -C 127.0.0.1 -P 9'
const file = (more = '') => `[a]\nhost = 127.0.0.1\nport = 10\nexec = ${exec}${more}\n`
const connectionRefused = 145

function isochronReads(text: string): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'lockstep-orchestrate-'))
  try {
    writeFileSync(join(dir, 'file'), text)
    const { status } = spawnSync(program as string, ['orchestrate', '-F', join(dir, 'file')], {
      cwd: dir,
      timeout: 5000,
    })
    return status === connectionRefused
  } finally {
    rmSync(dir, { recursive: true })
  }
}

function weRead(text: string): boolean {
  try {
    return readOrchestrationFile({ file: 'f', text, now: tai(0n) }).sections.length > 0
  } catch (error) {
    if (error instanceof LockstepError) return false
    throw error
  }
}

for (const [what, text] of [
  ['plain', file()],
  ['CRLF', file().replaceAll('\n', '\r\n')],
  ['a continued line', file().replace(' -s', '\\\n\t-s')],
  ['a comment', file(' # more')],
  ['a comment in mid word', file(' -n 3#x')],
  ['a lone quote in a comment', file(" # it's")],
  ['quoted words', file(' -F "a # b" -U \'/run/x y\'')],
  ['escaped quotes', file(' -F \\"a b\\"')],
  ['values with =', file(' --num-frames=7 -n=8')],
  ['a value that looks like an option', file(' -b -5')],
  ['a relative base time', file(' -b +1.5')],
  ['hex and octal', file(' -e 0xdeaf -p 07')],
  ['another first word', file().replace('isochron send', '/x/y send')],
  ['the link', file().replace('isochron send', 'isochron-send')],
  ['an unknown key', file().replace('port', 'pot = 1\nport')],
  ['an option twice', file(' -n 6 -n 7')],
  ['a short MAC', file(' -d 1:2:3:4:5:6')],
] as const)
  test.unless(missing, `${what}: both take it`, () => assert.equal([isochronReads(text), weRead(text)], [true, true]))

for (const [what, text] of [
  ['an empty file', ''],
  ['a blank behind the continuation', file().replace(' -s', ' \\ \n -s')],
  ['a quoted text in a comment', file(' # a "b"')],
  ['something behind the section', file().replace('[a]', '[a] b')],
  ['a section that is not closed', file().replace('[a]', '[a')],
  ['a key before the first section', `host = ::1\n${file()}`],
  ['a line without =', `${file()}word\n`],
  ['no exec', '[a]\nhost = 127.0.0.1\n'],
  ['an empty exec', '[a]\nhost = 127.0.0.1\nexec =\n'],
  ['a host name', file().replace('host = 127.0.0.1', 'host = localhost')],
  ['another program', file().replace('send', 'rcv')],
  ['a quote in mid word', file(' -F="a b"c')],
  ['a joined option', file(' -n5')],
  ['a shortened option', file(' --num-fr 5')],
  ['two dashes', file(' --')],
  ['a bare word', file(' x')],
  ['a missing value', file(' -F')],
  ['ten digits behind the dot', file(' -b 0.0000000001')],
  ['a MAC of seven', file(' -d 1:2:3:4:5:6:7')],
  ['no threshold', file().replace(' -X 100', '')],
  ['advance above the cycle', file(' -a 0.02')],
  ['taprio and txtime', file(' -Q -x')],
  ['deadline alone', file(' -D')],
  ['fifo and rr', file(' -f -r')],
  ['a frame too large', file(' -s 10001')],
  ['l4 alone', file(' -4')],
  ['no frames', file(' -n 0')],
  ['an interface name too long', file(' -i interface-name0')],
] as const)
  test.unless(missing, `${what}: both refuse it`, () =>
    assert.equal([isochronReads(text), weRead(text)], [false, false]),
  )

for (const [what, text] of [
  ['a time with a unit', file(' -b 10ms')],
  ['a threshold in seconds', file(' -X 0.00001')],
  ['junk behind digits', file(' -n 5x')],
  ['a flag with a value', file(' --quiet=0')],
  ['a quote that is never closed', file(' -F "a b')],
  ['a cycle time of 0', file(' -c 0 -a -1')],
  ['a MAC with dashes', file(' -d 00-11-22-33-44-55')],
  ['a NUL', file(' \\0 -Z')],
] as const)
  test.unless(missing, `${what}: isochron takes it for something else, we refuse it`, () =>
    assert.equal([isochronReads(text), weRead(text)], [true, false]),
  )

test.run()
