import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { readOrchestrationFile } from '../../src/tools/orchestration-file.ts'
import { tai } from '../../src/units/quantity.ts'
import { commandAt, commandIn, withFolder } from '../fixtures/command.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('cli: convert')

const section = (name: string, more: string, host = '10.0.0.1') =>
  `[${name}]\nhost = ${host}\nexec = isochron send -i eth0 -c 0.01 -s 500 -n 5 -C 10.0.0.3 -F ${name}.dat ${more}\n`
const sectionsOf = (text: string) =>
  readOrchestrationFile({ file: 'f', text, now: tai(0n) }).sections.map(({ name, host, port, options }) => ({
    name,
    host,
    port,
    options,
  }))

const files: readonly (readonly [string, string])[] = [
  ['one sender', section('a', '-X 100')],
  [
    'two senders with a threshold each',
    section('a', '-X 100') + section('b', '-X 250 -P 5001 -e 0xdeaf -b 0.0001', '10.0.0.2'),
  ],
  [
    'two senders on one host, and everything that a frame may have',
    section('a', '-X 100 -v 7 -p 3 -d 1:0:5e:0:0:1 -A 2:0:0:0:0:9') +
      section('b', '-X 100 -P 5001 -e 0xdeaf -d 33:33:0:0:0:1').replace('exec', 'port = 5001\nexec'),
  ],
  ['a schedule with taprio', section('a', '-X 100 -Q -w 0.001 -S -500 -b 1000 -a 0.0002')],
  ['txtime with a deadline', section('a', '-X 100 -x -D -w 0.001')],
  ['a thread on its own CPU, in real time', section('a', '-X 100 -M 0x8000000000000001 -f -H 98')],
  ['round robin', section('a', '-X 100 -r -H 5 -q')],
  ['nobody is watched', section('a', '-o -T') + section('b', '-o -P 5001 -e 0xdeaf', '10.0.0.2')],
  [
    'nothing in common',
    section('a', '-X 100') + section('b', '-X 200 -P 5001 -e 0xdeaf -c 0.02 -n 6 -s 600', '10.0.0.2'),
  ],
  ['the receiver is not watched', section('a', '-X 100 -y')],
  ['another PTP domain', section('a', '-X 100 -N 24 -t 1 -U "/run/ptp 4l" -R 9 -O 37')],
  ['IPv6', section('a', '-X 100', 'fd00::1').replace('10.0.0.3', 'fd00::3')],
  ['a link-local address', section('a', '-X 100', 'fe80::1%eth1')],
]

for (const [what, text] of files)
  test(`${what}: the playbook passes check and plan, and turned back it is the same file`, () =>
    withFolder({ 'o.txt': text }, async cwd => {
      const playbook = await commandAt(cwd, ['convert', 'o.txt'])
      assert.is(playbook.code, 0, playbook.stderr)
      await withFolder({ 'p.yml': playbook.stdout }, async there => {
        for (const command of ['check', 'plan']) {
          const { code, stderr } = await commandAt(there, [command, 'p.yml'])
          assert.equal([code, stderr], [0, ''], command)
        }
        const back = await commandAt(there, ['convert', 'p.yml', '--to-orchestration'])
        assert.is(back.code, 0, back.stderr)
        assert.equal(sectionsOf(back.stdout), sectionsOf(text))
      })
    }))

test('every playbook of isochron that is one test turns into a file that isochron reads', async () => {
  const playbooks = readdirSync('playbooks').filter(file => {
    if (!file.endsWith('.yml')) return false
    const text = readFileSync(join('playbooks', file), 'utf8')
    return text.includes('\nisochron:') && !/\nhosts: lab|\n(matrix|repeat|mesh):/.test(text)
  })
  assert.ok(playbooks.length >= 3, playbooks.join())
  for (const file of playbooks) {
    const { code, stdout, stderr } = await commandAt('.', ['convert', `playbooks/${file}`, '--to-orchestration'])
    assert.is(code, 0, stderr)
    assert.ok(sectionsOf(stdout).length > 0, file)
  }
})

for (const [what, file, argv, message] of [
  [
    'a sender without a receiver',
    section('a', '-o -d 1:2:3:4:5:6').replace('-C 10.0.0.3 -F a.dat', ''),
    [],
    /o\.txt:1:2: section a has no --client/,
  ],
  [
    'one host that sends on two interfaces',
    section('a', '-X 1') +
      section('b', '-X 1 -P 5001 -e 0xdeaf').replace('exec', 'port = 5001\nexec').replace('-i eth0', '-i eth1'),
    [],
    /10\.0\.0\.1 sends on eth1 and on eth0: a playbook has one interface per host/,
  ],
  [
    'what a playbook limits more strictly',
    section('a', '-X 100 -R 26'),
    [],
    /o\.txt as a playbook:\d+:\d+: expected 1 to 25, got 26[\s\S]*num-readings: 26/,
  ],
  [
    'a flow of another tool',
    'hosts: {A: 10.0.0.1, B: 10.0.0.2}\nvars: {interface: e}\nsync: none\nflows: {p: {from: A, to: B, tool: ping}}\n',
    ['--to-orchestration'],
    /o\.txt:4:9: flow p is of ping, not isochron/,
  ],
  [
    'a host by name',
    'hosts: {A: node7, B: 10.0.0.2}\nvars: {interface: e}\nisochron: {cycle-time: 1ms, num-frames: 5, frame-size: 64, omit-sync: true}\nflows: {p: {from: A, to: B}}\n',
    ['--to-orchestration'],
    /A is reached as 'node7': an orchestration file needs a numeric address/,
  ],
] as const)
  test(`${what} is refused`, async () => {
    const { code, stdout, stderr } = await commandIn({ 'o.txt': file }, ['convert', 'o.txt', ...argv])
    assert.equal([code, stdout], [2, ''])
    assert.match(stderr, message, stderr)
  })

test('what is lost on the way is said', async () => {
  const { code, stderr } = await commandAt('.', ['convert', 'playbooks/two-senders.yml', '--to-orchestration'])
  assert.is(code, 0)
  assert.match(stderr, /left out: ptp4l and phc2sys/)
  assert.match(stderr, /left out: expectations/)
})

test.run()
