import * as assert from 'uvu/assert'
import type { CommandDefinition, CommandFigure } from '../../src/playbook/command-definition.ts'
import { usualTake } from '../../src/playbook/command-figure.ts'
import { ascending } from '../../src/stats/sample.ts'
import { measuredValue } from '../../src/stats/tool-figure.ts'
import { commandTool } from '../../src/tools/command.ts'
import { readFigure } from '../../src/tools/command-figures.ts'
import type { FlowSite } from '../../src/tools/traffic-tool.ts'
import { trafficToolOf } from '../../src/tools/traffic-tools.ts'
import { ns } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools/command')

const figure = (source: CommandFigure['source'], more: Partial<CommandFigure> = {}): CommandFigure => ({
  ...{ source, unit: '1', of: 'sender', take: usualTake(source) },
  ...more,
})
const json = (path: string, more?: Partial<CommandFigure>) => figure({ kind: 'json', path }, more)
const regex = (pattern: string, more?: Partial<CommandFigure>) => figure({ kind: 'regex', pattern }, more)
const csv = (column: string | number, more?: Partial<CommandFigure>) => figure({ kind: 'csv', column }, more)

const definition: CommandDefinition = {
  sender: { argv: ['talk', '--to', '{address}', '--port={port}', '{port2}$' + '{port}{ port }', 'eth{port}'] },
  receiver: {
    command: { argv: ['listen', '{port}', '{folder}/x', '{from}'] },
    ready: { kind: 'port', protocol: 'udp' },
    readyWithin: ns(3_000_000_000n),
    once: true,
  },
  okCodes: [0, 1],
  lasts: ns(5_000_000_000n),
  grace: ns(1n),
  figures: {
    goodput: json('end.rate', { unit: 'Mbit/s' }),
    heard: regex('^heard (\\d+)$', { of: 'receiver' }),
  },
}
const tool = commandTool(definition)
const alone = { ...definition, receiver: undefined }

const site: FlowSite = {
  sender: {},
  receiver: {},
  to: '192.0.2.2',
  from: 'fe80::1%eth0',
  device: 'eth0',
  ports: [7000],
  folder: '/tmp/run {port}',
  startAt: undefined,
  inStep: true,
}

test('what the run knows is put into words, and stays inside them', () => {
  const hostile = { ...site, to: '192.0.2.2;reboot' }
  const words = ['talk', '--to', '192.0.2.2;reboot', '--port=7000', '7001$' + '{port}{ port }', 'eth7000']
  assert.equal(tool.sender(hostile).argv, words)
  assert.equal(tool.receiver(site)?.argv, ['listen', '7000', '/tmp/run {port}/x', 'fe80::1%eth0'])
  assert.equal(tool.receiver(site)?.ready, { kind: 'listening', protocol: 'udp', port: 7000 })
  assert.equal(tool.ports({}), [{ at: 'receiver', count: 2, first: 5301 }])
})

test('a line is given to sh, and nothing that a shell would take apart is put into it', () => {
  const { sender } = commandTool({ ...definition, sender: { line: 'talk {address} | tee x' } })
  const inFolder = { ...site, folder: '/tmp/run' }
  assert.equal(sender(inFolder).argv, ['sh', '-c', 'talk 192.0.2.2 | tee x'])
  assert.throws(() => sender({ ...inFolder, to: '192.0.2.2;reboot' }), /cannot stand in a shell line/)
})

test('a lone sender has no receiver and no port', () => {
  assert.is(commandTool(alone).receiver(site), undefined)
  assert.equal(commandTool(alone).ports({}), [])
})

test('the tool of a flow is that of its name, or made of its definition', () => {
  assert.is(trafficToolOf({ tool: 'ping' })?.name, 'ping')
  assert.is(trafficToolOf({ tool: 'isochron' }), undefined)
  assert.equal(Object.keys(trafficToolOf({ tool: 'command', command: definition })?.figures ?? {}), [
    'goodput',
    'heard',
  ])
})

test('figures come from either end, and one that cannot be read is a fault of the whole', () => {
  const ended = (stdout: string, code: number | undefined = 0) => ({ stdout, stderr: '', code })
  const good = tool.read({ sender: ended('{"end": {"rate": 93.5}}', 1), receiver: ended('heard 7\n') }, {})
  assert.equal(good.faults, [])
  assert.equal(
    [...good.figures.values()].map(each => measuredValue(each, undefined)),
    [93.5e6, 7],
  )
  const faults = (sender: string, receiver: string | undefined, codes: readonly number[] = []) =>
    tool.read(
      { sender: ended(sender, codes[0]), receiver: receiver === undefined ? undefined : ended(receiver, codes[1]) },
      {},
    ).faults
  assert.equal(faults('{"end": {"rate": 93.5}}', undefined), ['heard: the output of the receiver was lost'])
  assert.equal(faults('{"end": {"rate": 93', 'heard 7\n'), ['goodput: the output is no whole JSON'])
  assert.equal(faults('{"end": {}}', 'heard 7'), [
    'goodput: there is no value at end.rate in the output',
    'heard: the output ends in the middle of a line',
  ])
  assert.equal(faults('oops', 'heard 7\n', [3]), ['the sender ended with exit status 3: oops'])
  assert.equal(faults('{"end": {"rate": 1}}', 'no\nmore\n', [0, 2]), [
    'the receiver ended with exit status 2: no | more',
  ])
})

const table = 'name,rate,"lat, ms"\na,10,0.5\n"b ""x""",20,1.5\n'

const values: readonly (readonly [CommandFigure, string, readonly number[] | string])[] = [
  [json('a[1].b', { unit: 'ms' }), '{"a": [0, {"b": 2}]}', [2e6]],
  [json('[*].b', { unit: 's' }), '[{"b": 2}, {"b": 1}]', [1e9, 2e9]],
  [json('$[*].b', { take: 'last' }), '[{"b": 2}, {"b": 1}]', [1]],
  [json('["a b"].c'), '{"a b": {"c": 3}}', [3]],
  [json('b'), '{"b": "12"}', [12]],
  [json('b'), '{"b": null}', "f: expected a number, got 'null'"],
  [json('b'), '{"b": {"c": 1}}', `f: expected a number, got '{"c":1}'`],
  [json('b'), '{"b": "12 apples"}', "f: expected a number, got '12 apples'"],
  [json('[*]'), '[]', 'f: there is no value at [*] in the output'],
  [json('__proto__.x'), '{}', 'f: there is no value at __proto__.x in the output'],
  [regex('rtt=(\\S+) us', { unit: 'us', take: 'all' }), 'rtt=3 us\nrtt=1 us\n', [1000, 3000]],
  [regex('rtt=(\\S+) us', { take: 'first' }), 'rtt=3 us\nrtt=1 us\n', [3]],
  [regex('rtt=(\\S+) us'), 'rtt=3 us\nrtt=1 us\n', 'f: expected one value, got 2; say take: first, last or all'],
  [regex('rtt=(\\S+)', { unit: 'us' }), 'rtt=3', 'f: the output ends in the middle of a line'],
  [regex('none (.)', { unit: '%' }), 'rtt=3\n', "f: nothing matches 'none (.)' in the output"],
  [regex('none (.)'), '', "f: nothing matches 'none (.)' in the output"],
  [csv('rate', { unit: 'kB/s' }), table, [80_000, 160_000]],
  [csv('lat, ms', { unit: 'ms' }), table, [500_000, 1_500_000]],
  [csv(2), 'a,1\r\nb,2\r\n', [1, 2]],
  [csv(2, { take: 'one' }), 'a,1\n', [1]],
  [csv(1), '', 'f: there is no row in the output'],
  [csv('none'), table, "f: the first line has no column 'none'"],
  [csv(3), 'a,1\n', 'f: line 1 of the values has no column 3'],
]

test('JSON paths, regular expressions and CSV columns give numbers with units, or say why not', () => {
  for (const [given, text, expected] of values) {
    const read = readFigure('f', given, text)
    const got = 'fault' in read ? read.fault : read.shape === 'one' ? [read.value] : ascending([...read.samples])
    assert.equal(got, expected, JSON.stringify(given))
  }
})

test.run()
