import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { checkChanges, readLabFile } from '../../src/cli/lab-file.ts'
import { type LockstepError, problemsOf } from '../../src/errors/error.ts'
import { commandIn } from '../fixtures/command.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('cli/lab-file')

test('a file says what a lab is like', () => {
  const text = `
name: tsn
hosts: [A, B, C]
seed: 0x7
fast_ptp: true
clocks: {B: {phc: {step: 50us, drift: 20ppm}, system: {drift: -350ppb}}}
links: {C: cut, A: cut-ssh}
`
  const { changes, ...rest } = readLabFile('lab.yml', text)
  assert.equal(rest, { name: 'tsn', hosts: ['A', 'B', 'C'], seed: '0x7', fastPtp: true })
  assert.equal(
    changes.map(({ host, at }) => `${host} ${at.line}:${at.column}`),
    ['B 6:10', 'B 6:10', 'B 6:10', 'C 7:9', 'A 7:17'],
  )
})

test('the example of docs/lab.md is a file of a lab', () => {
  const text = /```yaml\n(.*?)```/s.exec(readFileSync('docs/lab.md', 'utf8'))?.[1] ?? ''
  const file = readLabFile('lab.yml', text)
  checkChanges(file, file.hosts ?? [])
  assert.equal([file.name, file.changes.length], ['tsn', 3])
})

test('what a file leaves out is left to the command line', () => {
  const { changes, ...rest } = readLabFile('lab.yml', 'hosts: 3\n')
  assert.equal(rest, { name: undefined, hosts: ['n1', 'n2', 'n3'], seed: undefined, fastPtp: undefined })
  assert.equal(changes, [])
  assert.is(readLabFile('lab.yml', 'fast_ptp: false\n').fastPtp, false)
})

const wrong: readonly (readonly [text: string, ...said: string[]])[] = [
  ['host: [A]\n', "1:1 SCHEMA_UNKNOWN_KEY there is no key 'host' here"],
  ['hosts: A\n', "1:8 SCHEMA_TYPE expected a list of names, or a number, got 'A'"],
  ['hosts: [A, 2b]\n', "1:8 SCHEMA_VALUE '2b' cannot name a host"],
  ['hosts: [A, A]\n', "1:8 SCHEMA_VALUE there are two hosts named 'A'"],
  ['hosts: 300\n', '1:8 SCHEMA_VALUE a lab has at most 244 hosts'],
  ['name: My Lab\n', "1:7 SCHEMA_VALUE 'My Lab' cannot name a lab"],
  ['fast_ptp: often\n', "1:11 SCHEMA_TYPE expected true or false, got 'often'"],
  ['clocks: {A: {rtc: {step: 1s}}}\n', "1:14 SCHEMA_UNKNOWN_KEY there is no key 'rtc' here"],
  [
    'clocks: {A: {phc: {step: 50, drift: fast}}}\n',
    '1:26 SCHEMA_TYPE expected a duration with its unit, such as 50us or -2s, got 50',
  ],
  [
    'clocks: {A: {phc: {step: soon, drift: 2000ppm}}}\n',
    "1:26 SCHEMA_VALUE 'soon' is no step of a clock",
    "1:39 SCHEMA_VALUE '2000ppm' is no drift of a clock",
  ],
  ['links: {A: broken}\n', "1:12 SCHEMA_VALUE expected cut or cut-ssh, got 'broken'"],
]

function problemsIn(act: () => unknown): readonly string[] {
  try {
    act()
    return []
  } catch (error) {
    return problemsOf(error as LockstepError).map(
      ({ at, code, message }) => `${at?.line}:${at?.column} ${code} ${message}`,
    )
  }
}

for (const [text, ...said] of wrong)
  test(`a file of a lab is refused: ${said[0]}`, () =>
    assert.equal(
      problemsIn(() => readLabFile('lab.yml', text)),
      said,
    ))

test('clocks and links of hosts that the lab does not have are found, also when --hosts names others', () => {
  const file = readLabFile('lab.yml', 'hosts: [A, B]\nclocks:\n  A: {phc: {step: 1s}}\nlinks:\n  B: cut\n')
  assert.equal(
    problemsIn(() => checkChanges(file, ['A', 'B'])),
    [],
  )
  assert.equal(
    problemsIn(() => checkChanges(file, ['n1'])),
    ["3:3 SCHEMA_VALUE there is no host 'A' in the lab", "5:3 SCHEMA_VALUE there is no host 'B' in the lab"],
  )
})

test('lab up -f says what is wrong before anything is made, exit 2', async () => {
  const { code, stderr } = await commandIn({ 'lab.yml': 'hosts: [A]\nlinks: {B: cut}\n' }, [
    'lab',
    'up',
    '-f',
    'lab.yml',
  ])
  assert.is(code, 2)
  assert.match(stderr, /^lab\.yml:2:9: there is no host 'B' in the lab {2}\[SCHEMA_VALUE\]\n +2 \| links/)
})

test.run()
