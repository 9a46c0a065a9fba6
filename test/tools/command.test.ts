import * as assert from 'uvu/assert'
import { measuredValue } from '../../src/stats/tool-figure.ts'
import { type CommandDefinition, commandTool, unknownPlaces } from '../../src/tools/command.ts'
import { type CommandFigure, readFigure } from '../../src/tools/command-figures.ts'
import type { FlowSite } from '../../src/tools/traffic-tool.ts'
import { ns } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools/command')

const definition: CommandDefinition = {
  sender: ['talk', '--to', '$TO', '--port=$PORT', '$PORT2$HOME', '$TOO'],
  receiver: ['listen', '$PORT', '$RUN/x'],
  ready: { kind: 'listening', protocol: 'udp' },
  ports: 2,
  deadline: ns(5_000_000_000n),
  figures: {
    goodput: { json: 'end.rate', unit: 'Mbit/s' },
    heard: { of: 'receiver', regex: '^heard (\\d+)$', unit: '1' },
  },
}

const site: FlowSite = {
  sender: {},
  receiver: {},
  to: '192.0.2.2; rm -rf /',
  from: '192.0.2.1',
  ports: [7000],
  folder: '/tmp/run $TO',
  startAt: undefined,
}

test('what the run knows is put into words, and stays inside them', () => {
  const tool = commandTool(definition)
  assert.equal(tool.sender(site).argv, ['talk', '--to', '192.0.2.2; rm -rf /', '--port=7000', '7001$HOME', '$TOO'])
  assert.equal(tool.receiver(site)?.argv, ['listen', '7000', '/tmp/run $TO/x'])
  assert.equal(tool.receiver(site)?.ready, { kind: 'listening', protocol: 'udp', port: 7000 })
  assert.equal(unknownPlaces(definition), ['HOME', 'TOO'])
})

test('a lone sender has no receiver and no port', () => {
  const tool = commandTool({ sender: ['x'], deadline: ns(1n), figures: {} })
  assert.is(tool.receiver(site), undefined)
  assert.equal(tool.ports({}), [])
})

test('figures come from either end, and one that cannot be read is a fault of the whole', () => {
  const { read } = commandTool(definition)
  const ended = (stdout: string, code: number | undefined = 0) => ({ stdout, stderr: '', code })
  const good = read({ sender: ended('{"end": {"rate": 93.5}}'), receiver: ended('heard 7\n', 143) }, {})
  assert.equal(good.faults, [])
  assert.equal(
    [...good.figures.values()].map(figure => measuredValue(figure, undefined)),
    [93.5e6, 7],
  )
  const faults = (sender: string, receiver: string | undefined, code?: number) =>
    read({ sender: ended(sender, code), receiver: receiver === undefined ? undefined : ended(receiver) }, {}).faults
  assert.equal(faults('{"end": {"rate": 93.5}}', undefined), ['heard: the output of the receiver was lost'])
  assert.equal(faults('{"end": {"rate": 93', 'heard 7\n'), ['goodput: the output is no whole JSON'])
  assert.equal(faults('{"end": {}}', 'heard 7'), [
    "goodput: expected a number, got 'undefined'",
    'heard: the output ends in the middle of a line',
  ])
  assert.equal(faults('oops', 'heard 7\n', 3), ['the sender ended with exit status 3: oops'])
})

const csv = 'name,rate,"lat, ms"\na,10,0.5\n"b ""x""",20,1.5\n'

const values: readonly (readonly [CommandFigure, string, readonly number[] | string])[] = [
  [{ json: 'a[1].b', unit: 'ms' }, '{"a": [0, {"b": 2}]}', [2e6]],
  [{ json: '[*].b', unit: 's' }, '[{"b": 2}, {"b": 1}]', [1e9, 2e9]],
  [{ json: 'b', unit: '1' }, '{"b": "12"}', [12]],
  [{ json: 'b', unit: '1' }, '{"b": null}', "f: expected a number, got 'null'"],
  [{ json: 'b', unit: '1' }, '{"b": "12 apples"}', "f: expected a number, got '12 apples'"],
  [{ json: '[*]', unit: '1' }, '[]', 'f: nothing of the kind in the output'],
  [{ json: '__proto__.x', unit: '1' }, '{}', "f: expected a number, got 'undefined'"],
  [{ regex: 'rtt=(\\S+) us', unit: 'us', all: true }, 'rtt=3 us\nrtt=1 us\n', [1000, 3000]],
  [
    { regex: 'rtt=(\\S+) us', unit: 'us' },
    'rtt=3 us\nrtt=1 us\n',
    'f: expected one value, got 2; all: true takes them all',
  ],
  [{ regex: 'rtt=(\\S+)', unit: 'us' }, 'rtt=3', 'f: the output ends in the middle of a line'],
  [{ regex: 'none (.)', unit: '%' }, 'rtt=3\n', 'f: nothing of the kind in the output'],
  [{ csv: 'rate', unit: 'kB/s', all: true }, csv, [80_000, 160_000]],
  [{ csv: 'lat, ms', unit: 'ms', all: true }, csv, [500_000, 1_500_000]],
  [{ csv: 2, unit: '1', all: true }, 'a,1\nb,2\n', [1, 2]],
  [{ csv: 'none', unit: '1', all: true }, csv, "f: the first line has no column 'none'"],
  [{ csv: 3, unit: '1', all: true }, 'a,1\n', 'f: line 1 of the values has no column 3'],
]

test('JSON paths, regular expressions and CSV columns give numbers with units, or say why not', () => {
  for (const [figure, text, expected] of values) {
    const read = readFigure('f', figure, text)
    const got = 'fault' in read ? read.fault : read.shape === 'one' ? [read.value] : [...read.samples]
    assert.equal(got, expected, JSON.stringify(figure))
  }
})

test.run()
