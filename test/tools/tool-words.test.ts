import * as assert from 'uvu/assert'
import { tools } from '../../src/cli/load.ts'
import { readToolWords } from '../../src/tools/tool-words.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools/tool-words')

const read = (name: string, line: string) => {
  const tool = tools.find(each => each.name === name)
  if (tool === undefined) throw new Error(`no tool ${name}`)
  return readToolWords(tool, line === '' ? [] : line.split(' '))
}

const cases: readonly (readonly [string, string, Readonly<Record<string, string | number | boolean>>])[] = [
  ['iperf3', '', {}],
  ['iperf3', '--time 10 --parallel 2', { time: '10s', parallel: 2 }],
  ['iperf3', '-t10 -P2 -uR -b 10M', { time: '10s', parallel: 2, udp: true, reverse: true, bitrate: '10000000bit/s' }],
  ['iperf3', '--time=1m --interval 0.5 -O 0', { time: '1m', interval: '0.5s', omit: '0' }],
  ['iperf3', '-l 128K -n 1g --window=64k', { length: 131_072, bytes: 1_073_741_824, window: 65_536 }],
  ['iperf3', '-b 0 --connect-timeout 500 --dscp ef', { bitrate: 0, 'connect-timeout': '500ms', dscp: 'ef' }],
  ['iperf3', '-4 --bind 10.0.0.1 -S 0x20', { version4: true, bind: '10.0.0.1', tos: '0x20' }],
  ['iperf', '-u -b 2m -t 3', { udp: true, bandwidth: '2000000bit/s', time: '3s' }],
  ['nuttcp', '-T5 -u -R 300 -w 256 -ws512', { T: '5s', u: true, R: '300000bit/s', w: 262_144, ws: 524_288 }],
  ['nuttcp', '-R 2m -wb -r', { R: '2000000bit/s', wb: true, r: true }],
  ['ping', '-c 5 -i0.2 -s 1000 -f', { c: 5, i: '0.2s', s: 1000, f: true }],
  ['traceroute', '-I -q 2 --max-hops=8 60', { icmp: true, queries: 2, 'max-hops': 8, packetlen: 60 }],
  ['isochron', '--num-frames 10 --cycle-time 10ms --taprio', { 'num-frames': 10, 'cycle-time': '10ms', taprio: true }],
]

for (const [tool, line, options] of cases)
  test(`${tool} ${line}`, () => assert.equal(read(tool, line), { options, problems: [] }))

const wrong: readonly (readonly [string, string, readonly string[]])[] = [
  ['iperf3', '--tme 3', ["iperf3 has no option '--tme'; did you mean 'time'?"]],
  ['iperf3', '-X 3 --time', ["iperf3 has no option '-X'", '--time: expected a value']],
  ['iperf3', '10.0.0.1', ["'10.0.0.1': expected an option of iperf3"]],
  ['ping', '--count 3', ["ping has no option '--count'"]],
]

for (const [tool, line, messages] of wrong)
  test(`${tool} ${line}: refused`, () =>
    assert.equal(
      read(tool, line).problems.map(({ message, hint }) => (hint === undefined ? message : `${message}; ${hint}`)),
      messages,
    ))

test('an option that no playbook can set is refused with the reason', () => {
  const [problem, ...others] = read('iperf3', '--client 10.0.0.1 --json').problems
  assert.match(problem?.message ?? '', /^--client cannot be given: ./)
  assert.is(others.length, 1)
})

test.run()
