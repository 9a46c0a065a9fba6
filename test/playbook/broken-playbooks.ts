import { good } from '../fixtures/playbooks.ts'

export interface Broken {
  /** What is wrong, in words. */
  readonly what: string
  readonly text: string
}

const change = (what: string, from: string, to: string): Broken => {
  if (good.split(from).length !== 2) throw new Error(`'${from}' stands not exactly once in the good playbook`)
  return { what, text: good.replace(from, () => to) }
}
const flowA = '{from: A, to: C, etype: 0xdead}'
const flowB = '{from: B, to: C, base-time: 100ns}'
const inB = (what: string, options: string) => change(what, flowB, `{from: B, to: C, ${options}}`)
const long = (sections: string) => `${good.slice(0, good.indexOf('flows:'))}${sections}`

/** Playbooks with one mistake each (and a few with several): their findings stand in broken-playbooks.txt. */
export const broken: readonly Broken[] = [
  // YAML
  change('tab as indentation', '  A: root', '\tA: root'),
  change('colon in a value', 'name: test', 'name: test: two'),
  change('key twice', 'name: test', 'name: test\nname: again'),
  change('unquoted expression', 'num-frames: 10', 'num-frames: {{ frames }}'),
  change('unquoted expression with quotes inside', 'num-frames: 10', 'num-frames: {{ frames | default("3") }}'),
  change('unquoted expression with text behind it', 'name: test', 'name: {{ a }}-{{ b }}'),
  change('brace not closed', 'gate: {offset: 100ns, good: 3}', 'gate: {offset: 100ns, good: 3'),
  change('quote not closed', 'name: test', 'name: "test'),
  change('unknown tag', 'name: test', 'name: !upper test'),
  change('alias without anchor', 'name: test', 'name: *title'),
  change('glob that YAML takes for an alias', '- lost == 0', '- *: lost == 0'),
  change('second document', 'vars:\n', '---\nvars:\n'),
  change('alias inside its own anchor', 'vars:\n', 'vars: &v\n  again: *v\n'),
  change('merge of a text', 'isochron:\n', 'isochron:\n  <<: fast\n'),
  { what: 'a list instead of a mapping', text: '- 1\n- 2\n' },
  { what: 'a text instead of a mapping', text: 'hello\n' },
  { what: 'an empty file', text: '' },
  // keys and kinds
  change('misspelt key at the top', 'isochron:\n', 'isocron:\n'),
  change('misspelt hosts', 'hosts:\n', 'host:\n'),
  change('misspelt key of the gate', 'good: 3', 'god: 3'),
  change('misspelt option of a tool', '  cycle-time: 10ms', '  cycel-time: 10ms'),
  change('snake case where the tool has dashes', '  frame-size: 1500', '  frame_size: 1500'),
  change('misspelt key of a flow', flowB, '{form: B, to: C}'),
  change('key of the future', 'hosts:\n', 'repeat: 3\nhosts:\n'),
  change('no gate', '  gate: {offset: 100ns, good: 3}\n', ''),
  change('gate without offset', '{offset: 100ns, good: 3}', '{good: 3}'),
  change('flow without to', flowB, '{from: B}'),
  change('flow without both ends', flowB, '{etype: 0xbeef}'),
  change('flow that is a text', flowB, 'B to C'),
  change('name that is a mapping', 'name: test', 'name: {a: 1}'),
  change('empty name', 'name: test', 'name: ""'),
  change('empty vars', 'vars:\n  interface: eth0\n  frames: 10\n', 'vars:\n'),
  change('name of a variable', '  frames: 10', '  my-frames: 10'),
  change('name of a flow', `  b: ${flowB}`, `  b/1: ${flowB}`),
  { what: 'no flows', text: good.slice(0, good.indexOf('flows:')) },
  { what: 'empty flows', text: `${good.slice(0, good.indexOf('flows:'))}flows: {}\n` },
  // values and units
  change('gate without unit', 'offset: 100ns', 'offset: 100'),
  change('duration with a strange unit', 'offset: 100ns', 'offset: 100nsec'),
  change('fraction of a nanosecond', 'offset: 100ns', 'offset: 0.1ns'),
  change('gate of zero', 'offset: 100ns', 'offset: 0'),
  change('negative gate', 'offset: 100ns', 'offset: -100ns'),
  change('gate that can never open', 'good: 3', 'good: 3, hold: 3m'),
  change('zero rounds', 'good: 3', 'good: 0'),
  change('cycle without unit', 'cycle-time: 10ms', 'cycle-time: 10'),
  change('cycle in seconds with a dot', 'cycle-time: 10ms', 'cycle-time: 0.01'),
  change('cycle of zero', 'cycle-time: 10ms', 'cycle-time: 0'),
  change('negative cycle', 'cycle-time: 10ms', 'cycle-time: -10ms'),
  change('frame too small', 'frame-size: 1500', 'frame-size: 20'),
  change('frame too large', 'frame-size: 1500', 'frame-size: 10001B'),
  change('frame size in kB', 'frame-size: 1500', 'frame-size: 1.5kB'),
  change('frames without end', 'num-frames: 10', 'num-frames: 0'),
  change('too many frames', 'num-frames: 10', 'num-frames: 89478486'),
  change('frames with a unit', 'num-frames: 10', 'num-frames: 10ms'),
  change('fraction of a frame', 'num-frames: 10', 'num-frames: 1.5'),
  change('EtherType that is a length', 'etype: 0xdead', 'etype: 0x5ff'),
  change('EtherType that is a text', 'etype: 0xdead', 'etype: dead'),
  inB('VLAN id beyond the end', 'vid: 4095'),
  inB('MAC address with dashes', 'dmac: 00-11-22-33-44-55'),
  inB('short MAC address', 'dmac: "1:2:3:4:5:6"'),
  inB('YAML 1.1 boolean', 'omit-sync: yes'),
  inB('flag that is a number', 'taprio: 1'),
  inB('domain number', 'domain-number: 256'),
  inB('socket path', 'unix-domain-socket: ptp4l'),
  inB('option that the run derives', 'interface: eth1'),
  inB('UDP', 'l4: true'),
  change('attempts of zero', 'name: test', 'name: test\nattempts: 0'),
  change('unknown report', 'name: test', 'name: test\nreport: [summary, csv]'),
  // expressions
  change('undefined variable', 'num-frames: 10', 'num-frames: "{{ frams }}"'),
  change('undefined variable inside an expression', 'num-frames: 10', 'num-frames: "{{ frams + 1 }}"'),
  change('undefined variable in a variable', 'interface: eth0', 'interface: "{{ device }}"'),
  change(
    'variables in a circle',
    'eth0\n  frames: 10',
    '"{{ device }}"\n  device: "{{ card }}"\n  card: "{{ interface }}"',
  ),
  change('expression without end', 'name: test', 'name: "{{ frames"'),
  change('empty expression', 'name: test', 'name: "{{ }}"'),
  change('syntax error in an expression', 'name: test', 'name: "{{ frames + }}"'),
  change('unknown filter', 'name: test', 'name: "{{ frames | twice }}"'),
  change('statement in a value', 'name: test', 'name: "{% if x %}a{% endif %}"'),
  change('expression of the wrong type', 'cycle-time: 10ms', 'cycle-time: "{{ frames }}"'),
  change('expression outside the limits', 'frame-size: 1500', 'frame-size: "{{ frames }}"'),
  change('attribute that is not there', 'name: test', 'name: "{{ frames.first }}"'),
  change('list inside a text', 'eth0\n  frames: 10', '"eth{{ numbers }}"\n  numbers: [0]'),
  // hosts
  change('host without address', '  B: root@10.0.0.2', '  B:'),
  change('address that is none', '  B: root@10.0.0.2', '  B: root@@10.0.0.2'),
  change('port that is none', '  B: root@10.0.0.2', '  B: root@10.0.0.2:70000'),
  change('host mapping without address', '  B: root@10.0.0.2', '  B: {user: root}'),
  change('misspelt key of a host', '  B: root@10.0.0.2', '  B: {adress: 10.0.0.2}'),
  change('no interface', '  interface: eth0\n', ''),
  change('misspelt interface', '  interface: eth0\n', '  interfce: eth0\n'),
  change('interface too long', 'interface: eth0', 'interface: enp0s31f6np0s31'),
  change('interface that is a number', 'interface: eth0', 'interface: 0'),
  {
    what: 'names without inventory',
    text: good.replace(/hosts:\n( {2}.*\n){3}/, 'hosts: [A, B, C]\n'),
  },
  {
    what: 'a pattern without inventory',
    text: good.replace(/hosts:\n( {2}.*\n){3}/, 'hosts: tsn:!broken\n'),
  },
  // sync
  change('interface among the options of ptp4l', '-2 -P', '-2 -P -i eth1'),
  change('socket among the options of phc2sys', '-a -rr', '-a -rr -z /run/ptp4l'),
  change('quote not closed in options', 'ptp4l: -2 -P', "ptp4l: -2 -P 'x"),
  change('ptp4l: true', 'ptp4l: -2 -P', 'ptp4l: true'),
  // flows
  change('unknown host', flowB, '{from: D, to: C}'),
  change('unknown host in another case', flowB, '{from: b, to: C}'),
  change('flow to itself', flowB, '{from: C, to: C}'),
  inB('unknown tool', 'tool: iperf3'),
  inB('same EtherType at one receiving host', 'etype: 0xdead'),
  inB('EtherType of PTP', 'etype: 0x88f7'),
  inB('advance longer than the cycle', 'advance-time: 20ms'),
  inB('shift longer than the cycle', 'shift-time: 10.1ms'),
  inB('window longer than the cycle', 'window-size: 11ms'),
  inB('taprio and txtime', 'taprio: true, txtime: true'),
  inB('deadline without txtime', 'deadline: true'),
  inB('fifo and rr', 'sched-fifo: true, sched-rr: true'),
  inB('small frame with a VLAN tag', 'vid: 5, frame-size: 36'),
  inB('VLAN priority', 'vid: 5, priority: 9'),
  inB('multicast source', 'smac: "01:00:5e:00:00:01"'),
  inB('address of zeros', 'dmac: "00:00:00:00:00:00"'),
  inB('threshold of zero', 'sync-threshold: 0'),
  inB('layer 2 off', 'l2: false'),
  inB('schedule beyond 64 bits', 'cycle-time: 1000000h, num-frames: 10000000'),
  inB('sender option at the receiver', 'receiver: {cycle-time: 1ms}'),
  inB('another EtherType at the receiver', 'etype: 0xbeef, receiver: {etype: 0xbeed}'),
  change('mandatory options missing', '  num-frames: 10\n  cycle-time: 10ms\n', ''),
  {
    what: 'no limit for the clocks',
    text: good.replace(/sync:\n( {2}.*\n){3}/, '').replace(flowA, '{from: A, to: C, omit-sync: true}'),
  },
  // long form
  { what: 'senders without receivers', text: long('senders:\n  A: [{to: a}]\n') },
  {
    what: 'sender to an unknown receiver',
    text: long('receivers:\n  C: [{name: rcv-a}]\nsenders:\n  A: [{to: rcv-b}]\n'),
  },
  {
    what: 'receiver without sender',
    text: long('receivers:\n  C: [{name: a}, {name: b}]\nsenders:\n  A: [{to: a}]\n'),
  },
  {
    what: 'two senders to one receiver',
    text: long('receivers:\n  C: [{name: a}]\nsenders:\n  A: [{to: a}]\n  B: [{to: a}]\n'),
  },
  {
    what: 'two receivers of one name',
    text: long('receivers:\n  C: [{name: a}]\n  B: [{name: a}]\nsenders:\n  A: [{to: a}]\n'),
  },
  { what: 'receiver on an unknown host', text: long('receivers:\n  D: [{name: a}]\nsenders:\n  A: [{to: a}]\n') },
  { what: 'receiver without a name', text: long('receivers:\n  C: [{}]\nsenders:\n  A: [{to: a}]\n') },
  { what: 'sender to its own host', text: long('receivers:\n  A: [{name: a}]\nsenders:\n  A: [{to: a}]\n') },
  {
    what: 'a flow in both forms',
    text: `${good}receivers:\n  C: [{name: a}]\nsenders:\n  A: [{to: a}]\n`,
  },
  // expect
  change('single equals sign', 'lost == 0', 'lost = 0'),
  change('unknown figure', 'lost == 0', 'loss == 0'),
  change('time without statistic', 'path-delay.mean', 'path-delay'),
  change('unknown statistic', 'path-delay.mean', 'path-delay.men'),
  change('percentile beyond 100', 'path-delay.mean', 'path-delay.p101'),
  change('time without unit', '200us', '200'),
  change('count with a unit', 'lost == 0', 'lost == 0us'),
  change('count with a statistic', 'lost == 0', 'lost.max == 0'),
  change('no limit', 'lost == 0', 'lost =='),
  change('no figure', 'lost == 0', '"== 0"'),
  change('glob without a flow', 'lost == 0', 'c*: lost == 0'),
  change('misspelt flow in quotes', '- lost == 0', '- "aa: lost == 0"'),
  change('figure that needs taprio', 'path-delay.mean', 'mac-latency.mean'),
  change('figure that needs transmit timestamps', flowB, '{from: B, to: C, no-ts: true}'),
  change('a number as a line', '- lost == 0', '- 5'),
  inB('flow named in its own expect', 'expect: ["a: lost == 0"]'),
  // several at once
  {
    what: 'several mistakes',
    text: good
      .replace('num-frames: 10', 'num-frames: many')
      .replace('to: C, etype', 'to: D, etype')
      .replace('lost ==', 'loss ==')
      .replace('good: 3', 'goood: 3'),
  },
]
