import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { tools } from '../../src/cli/load.ts'
import { figureUnits } from '../../src/units/figure-unit.ts'
import { load, problemsIn } from '../fixtures/playbooks.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook: flows of commands')

const playbook = (command: string, more = '') => `hosts: {A: a, C: {address: c, vars: {verbose: -v}}}
vars: {interface: eth0, verbose: -q, seconds: 5}
sync: none
flows:
  own:
    from: A
    to: C
    tool: command
    command:
${command.replaceAll(/^/gm, '      ')}
${more}`

const whole = `receiver: [my-server, "{{ verbose }}", --port, "{port}", 7]
ready: {port: true, timeout: 3s}
sender: my-client {{ verbose }} --to {address} --port {port} --time {{ seconds }}
lasts: "{{ seconds }}s"
figures:
  rate: {json: end.sum.bits_per_second, unit: bit/s}
  lost: {regex: 'lost (\\d+)', of: receiver}
  rtt: {csv: 3, unit: ms}
  each: {json: 'intervals[*].rate', unit: Mbit/s, take: last}`

test('a flow carries the definition of its commands, each end with the variables of its host', () => {
  const [own] = load(playbook(whole), { tools }).flows
  assert.equal(own?.command, {
    sender: { line: 'my-client -q --to {address} --port {port} --time 5' },
    receiver: {
      command: { argv: ['my-server', '-v', '--port', '{port}', '7'] },
      ready: { kind: 'port', protocol: 'tcp' },
      readyWithin: 3_000_000_000n,
      once: false,
    },
    okCodes: [0],
    lasts: 5_000_000_000n,
    grace: 10_000_000_000n,
    figures: {
      rate: { source: { kind: 'json', path: 'end.sum.bits_per_second' }, unit: 'bit/s', of: 'sender', take: 'one' },
      lost: { source: { kind: 'regex', pattern: 'lost (\\d+)' }, unit: '1', of: 'receiver', take: 'one' },
      rtt: { source: { kind: 'csv', column: 3 }, unit: 'ms', of: 'sender', take: 'all' },
      each: { source: { kind: 'json', path: 'intervals[*].rate' }, unit: 'Mbit/s', of: 'sender', take: 'last' },
    },
  })
})

const common = `hosts: {A: a, C: c}
vars: {interface: eth0}
sync: none
command: {sender: [x, "{address}"], lasts: 1s, ok_codes: 3, figures: {n: {regex: (.)}}}
`

test('the section of the file gives what a flow leaves out, and its name the tool', () => {
  const { flows } = load(`${common}flows: {a: {from: A, to: C}, b: {from: C, to: A, command: {lasts: 2s}}}`, { tools })
  assert.equal(
    flows.map(({ tool, command }) => [tool, command?.sender, command?.lasts, command?.okCodes]),
    [
      ['command', { argv: ['x', '{address}'] }, 1_000_000_000n, [3]],
      ['command', { argv: ['x', '{address}'] }, 2_000_000_000n, [3]],
    ],
  )
})

test('in the long form each end says its half', () => {
  const { flows } = load(
    `${common}receivers: {C: [{name: r, command: {receiver: "y {port}", ready: {line: ^up}}}]}
senders: {A: [{to: r, command: {lasts: 3s}}]}`,
    { tools },
  )
  const [{ command } = {}] = flows
  assert.equal(command?.receiver?.command, { line: 'y {port}' })
  assert.equal(command?.receiver?.ready, { kind: 'line', pattern: '^up' })
  assert.is(command?.lasts, 3_000_000_000n)
})

test('commands may stand in an order of preference', () => {
  const [a] = load(`${common}flows: {a: {from: A, to: C, tool: [iperf3, command]}}`, { tools }).flows
  assert.equal([a?.tool, a?.command, a?.otherwise[0]?.command?.lasts], ['iperf3', undefined, 1_000_000_000n])
})

test('the resolved playbook is itself a playbook, and gives the same flows', () => {
  const ways = [whole, whole.replace('port: true', 'line: ^up'), whole.replace('port: true', 'after: 1s'), 'sender: x']
  for (const way of ways) {
    const play = load(playbook(way), { tools })
    const plain = ({ flows }: typeof play) => flows.map(({ at: _, ...flow }) => flow)
    assert.equal(plain(load(JSON.stringify(play.resolved), { tools })), plain(play))
  }
})

test('the schema names the units that there are', () => {
  const schema = JSON.parse(readFileSync('schemas/command.schema.json', 'utf8'))
  const { anyOf, description } = schema.definitions.figure.properties.unit
  const units = Object.keys(figureUnits).filter(unit => unit !== '1')
  assert.equal(anyOf[0].enum.filter((unit: string) => unit !== '1').toSorted(), units.toSorted())
  assert.equal(
    units.filter(unit => !new RegExp(`[ ,:;]${unit}[,;.]`).test(description)),
    [],
  )
})

test('the example of docs/tools.md is right', () => {
  const page = readFileSync('docs/tools.md', 'utf8')
  const example = /## Commands of your own[\s\S]*?```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
  const play = load(`hosts: {A: a, C: c}\nvars: {interface: eth0}\nsync: none\n${example}`, { tools })
  assert.equal(
    play.expect.map(({ figure, limit }) => [figure, limit]),
    [
      ['rate', 1e7],
      ['rtt', 5e6],
    ],
  )
})

const figure = (text: string) => `receiver: y {port}\nsender: x {port}\nfigures: {f: ${text}}`

/** What is written, then what is said of it: place, code, message and hint. */
const wrong: Readonly<Record<string, readonly [command: string, said: string, more?: string]>> = {
  'a name in braces that is misspelt': [
    'receiver: y {port}\nsender: x --to {adress}',
    '11:22 SCHEMA_VALUE sender: nothing is called {adress} here (did you mean {address}?; braces that the program is to see get a blank: { adress })',
  ],
  'a name in braces of an argv': [
    'sender: [x, "{where}"]',
    '10:19 SCHEMA_VALUE sender: nothing is called {where} here (known here: {address}, {from}, {port}, {folder}; braces that the program is to see get a blank: { where })',
  ],
  'a port of no receiver': [
    'sender: x {port}',
    "10:15 SCHEMA_VALUE sender: {port} is the port of a receiver, and there is none (write 'receiver:', or the port itself)",
  ],
  'a receiver that opens no port that we know': [
    'sender: x\nreceiver: y\nready: {port: tcp}',
    '12:14 SCHEMA_VALUE ready: the receiver is not told which port it is to open (write {port} where its command has the port)',
  ],
  'readiness of no receiver': [
    'sender: x\nready: {after: 1s}',
    "11:14 SCHEMA_VALUE there is no receiver that this could be said of (write 'receiver:')",
  ],
  'two ways to be ready': [
    'sender: x\nreceiver: y\nready: {line: up, after: 1s}',
    '12:14 SCHEMA_VALUE ready: expected one of port, line, after',
  ],
  'a port that is no protocol': [
    'sender: x\nreceiver: y {port}\nready: {port: sctp}',
    "12:21 SCHEMA_VALUE expected tcp or udp or true, got 'sctp'",
  ],
  'a line that is no expression': [
    'sender: x\nreceiver: y\nready: {line: "(up"}',
    "12:21 SCHEMA_VALUE line: '(up' is no regular expression: unterminated group",
  ],
  'no sender': [
    'receiver: y',
    "5:3 PLAYBOOK_FLOW flow 'own': nothing says which command sends (write command: {sender: …}, in the flow or for all flows of the file)",
  ],
  'a sender without a word': [
    'sender: ["", x]',
    '10:15 SCHEMA_VALUE sender: expected a shell line, or a list of words',
  ],
  'a duration without its unit': [
    'sender: x\nlasts: 5',
    '11:14 SCHEMA_VALUE expected a duration with its unit, such as 10ms or 100ns, got 5',
  ],
  'an exit status that there is not': [
    'sender: x\nok_codes: [0, 256]',
    '11:21 SCHEMA_VALUE expected 0 to 255, got 256',
  ],
  'a regular expression that does not compile': [
    figure("{regex: 'lost (\\d+'}"),
    "12:28 SCHEMA_VALUE regex: 'lost (\\d+' is no regular expression: unterminated group",
  ],
  'a regular expression without a group': [
    figure("{regex: 'lost (?:\\d+)'}"),
    "12:28 SCHEMA_VALUE regex: 'lost (?:\\d+)' has no group (put the number in parentheses, such as lost (\\d+))",
  ],
  'a path that cannot be': [
    figure('{json: "end.sum[x].rate"}'),
    '12:35 SCHEMA_VALUE json: expected .NAME, [NUMBER], [*] or ["NAME"], got \'[x].rate\' (Example: end.sum.rate, intervals[*].rate, [0]["a name"])',
  ],
  'a figure of no place': [
    figure('{unit: ms}'),
    "12:20 SCHEMA_VALUE figure 'f': expected one of json, regex, csv (Example: {json: end.rate, unit: Mbit/s})",
  ],
  'a figure of two places': [
    figure('{json: a, csv: 1}'),
    "12:20 SCHEMA_VALUE figure 'f': expected one of json, regex, csv (Example: {json: end.rate, unit: Mbit/s})",
  ],
  'a unit that is misspelt': [
    figure('{csv: 1, unit: Mbits/s}'),
    "12:35 SCHEMA_VALUE unit: expected a unit that we know, got 'Mbits/s' (did you mean 'Mbit/s'?)",
  ],
  'a column before the first': [figure('{csv: 0}'), '12:26 SCHEMA_VALUE expected at least 1, got 0'],
  'a value of several that is no choice': [
    figure('{csv: 1, take: lst}'),
    "12:35 SCHEMA_VALUE expected one or first or last or all, got 'lst' (did you mean 'last'?)",
  ],
  'a figure of a receiver that there is not': [
    'sender: x\nfigures: {f: {csv: 1, of: receiver}}',
    "11:33 SCHEMA_VALUE of: there is no receiver that could print it (write 'receiver:')",
  ],
  'a key of a figure that is misspelt': [
    figure('{csv: 1, unti: ms}'),
    "12:29 SCHEMA_UNKNOWN_KEY there is no key 'unti' here (did you mean 'unit'?)",
  ],
  'a key that is misspelt': [
    'sendr: x',
    "10:7 SCHEMA_UNKNOWN_KEY there is no key 'sendr' here (did you mean 'sender'?)",
  ],
  'a variable that there is not': [
    'sender: x {{ secnds }}',
    "10:15 SCHEMA_UNDEFINED 'secnds' is not defined for host A (did you mean 'seconds'?)",
  ],
  'an expectation of another figure': [
    figure('{csv: 1, take: last}'),
    "13:10 PLAYBOOK_EXPECT command has no figure 'g' (known here: f)",
    'expect: [g == 0]',
  ],
  'an expectation of a misspelt figure': [
    'sender: x\nfigures: {rate: {csv: 1, take: last, unit: bit/s}}',
    "12:16 PLAYBOOK_EXPECT command has no figure 'rat' (did you mean 'rate'?)",
    'expect: ["own: rat >= 10Mbit/s"]',
  ],
  'a limit in another unit': [
    figure('{csv: 1, take: last, unit: Mbit/s}'),
    "13:15 PLAYBOOK_EXPECT 'f' is a rate: expected a rate with its unit, such as 900Mbit/s, got '900'",
    'expect: [f >= 900]',
  ],
  'an expectation without a statistic': [
    figure('{csv: 1}'),
    "13:10 PLAYBOOK_EXPECT 'f' needs a statistic (one of min, mean, max, stddev, p50, p99.9)",
    'expect: [f == 0]',
  ],
}

for (const [what, [command, expected, more]] of Object.entries(wrong))
  test(`says what is wrong, and that alone: ${what}`, () => {
    const said = problemsIn(playbook(command, more), { tools }).map(
      ({ code, message, hint, at }) =>
        `${at?.line}:${at?.column} ${code} ${message}${hint === undefined ? '' : ` (${hint})`}`,
    )
    assert.equal(said, [expected])
  })

test.run()
