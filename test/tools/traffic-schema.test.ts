import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import * as assert from 'uvu/assert'
import { optionSchema } from '../../src/tools/option-schema.ts'
import { trafficTools } from '../../src/tools/traffic-tools.ts'
import { isFreshJson } from '../fixtures/fresh.ts'
import { plainOption } from '../fixtures/plain-option.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools/traffic-schema')

for (const tool of trafficTools) {
  test(`schemas/${tool.name}.schema.json is made from the table of options`, () => {
    isFreshJson(`schemas/${tool.name}.schema.json`, optionSchema(tool))
  })
}

test('every one of them is a schema of draft 7', () => {
  const ajv = new Ajv()
  for (const tool of trafficTools) assert.ok(ajv.validateSchema(optionSchema(tool)), ajv.errorsText())
})

const compiled = (name: string) =>
  new Ajv({ strict: false }).compile(JSON.parse(readFileSync(`schemas/${name}.schema.json`, 'utf8')))

test('a section is taken or refused as its options are', () => {
  const cases: readonly (readonly [string, object, boolean])[] = [
    ['iperf3', { time: '10s', bitrate: '100M', parallel: 2, udp: true, congestion: 'bbr', tos: '0x10' }, true],
    ['iperf3', { bitrate: '{{ rate }}' }, true],
    ['iperf3', { bitrate: 100 }, false],
    ['iperf3', { time: 10 }, false],
    ['iperf3', { title: 'x' }, false],
    ['iperf3', { cport: 70_000 }, false],
    ['iperf3', { congestion: '--json' }, false],
    ['ping', { c: 5, i: '10ms', M: 'do', 4: true }, true],
    ['ping', { M: 'maybe' }, false],
    ['ping', { I: '-f' }, false],
    ['nuttcp', { T: '5s', R: '10M', N: 4 }, true],
    ['traceroute', { 'max-hops': 300 }, false],
  ]
  for (const [name, section, isTaken] of cases)
    assert.is(compiled(name)(section), isTaken, `${name} ${JSON.stringify(section)}`)
})

test('what a schema takes as a word can be read as one', () => {
  for (const tool of trafficTools) {
    const { properties } = optionSchema(tool) as { properties: Record<string, { pattern?: string }> }
    for (const [name, option] of Object.entries(tool.options)) {
      if (option.kind !== 'word') continue
      for (const value of ['-x', 'a b', 'a\nb', '', 'eth0', '1,2', 'ef']) {
        const bySchema = new RegExp(properties[name]?.pattern ?? '', 'u').test(value)
        assert.is(bySchema, plainOption(option, value) !== undefined, `${tool.name} ${name} ${JSON.stringify(value)}`)
      }
    }
  }
})

test.run()
