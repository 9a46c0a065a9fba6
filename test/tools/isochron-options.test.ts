import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { tools } from '../../src/cli/load.ts'
import { flowKeys } from '../../src/playbook/flow-strangers.ts'
import { flowOptionSchemas } from '../../src/tools/flow-schema.ts'
import { framesDue, isEndless, isochronTest, trafficLasts } from '../../src/tools/isochron.ts'
import { isochronDescription } from '../../src/tools/isochron-options.ts'
import { optionSchema, valuesSchema } from '../../src/tools/option-schema.ts'
import { isFreshJson } from '../fixtures/fresh.ts'
import { good, load, problemsIn } from '../fixtures/playbooks.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools/isochron-options')

const playbook = JSON.parse(readFileSync('schemas/playbook.schema.json', 'utf8'))
const known = [...Object.keys(isochronDescription.options), ...Object.keys(isochronDescription.refused)]

test('schemas/isochron.schema.json is made from the table of options', () => {
  isFreshJson('schemas/isochron.schema.json', optionSchema(isochronDescription))
})

test('schemas/values.schema.json is made from the kinds of values', () => {
  isFreshJson('schemas/values.schema.json', valuesSchema())
})

test("a flow in the playbook's schema takes its own keys and the options of every tool", () => {
  const { flow, receiver } = flowOptionSchemas(tools)
  const { properties } = playbook.definitions.flow
  const own = Object.fromEntries(
    [...flowKeys, ...tools.map(({ name }) => name)].map(key => {
      const mapping = { ...properties[key], additionalProperties: false, properties: receiver }
      return [key, key === 'receiver' ? mapping : properties[key]]
    }),
  )
  assert.equal(
    Object.keys(own).filter(key => properties[key] === undefined),
    [],
  )
  isFreshJson('schemas/playbook.schema.json', {
    ...playbook,
    definitions: {
      ...playbook.definitions,
      flow: { ...playbook.definitions.flow, properties: { ...own, ...flow } },
    },
  })
})

test('every long option of isochron send, daemon and rcv is in the table or refused with a reason', () => {
  // isochron-send(8), isochron-daemon(8) and isochron-rcv(8), version 0.9; `help` ends the program.
  const manual =
    'interface dmac smac priority stats-port base-time advance-time shift-time cycle-time window-size num-frames ' +
    'frame-size no-ts vid client quiet etype omit-sync omit-remote-sync tracemark taprio txtime deadline ' +
    'sched-priority sched-fifo sched-rr utc-tai-offset ip-destination l2 l4 data-port domain-number ' +
    'transport-specific unix-domain-socket sync-threshold num-readings output-file cpu-mask stats-address ' +
    'pid-file log-file'
  // Ours: isochron counts frames only.
  assert.equal([...manual.split(' '), 'duration', 'grace'].sort(), [...known].sort())
})

test('a duration becomes the number of cycles that begin in it', () => {
  const framesIn = (duration: string) =>
    load(good.replace('num-frames: 10', `duration: ${duration}`)).flows.map(({ sender }) => sender['num-frames'])
  assert.equal(
    ['1s', '1.001s', '10ms', '1ns', '"{{ frames }}m"'].map(framesIn),
    [100n, 101n, 1n, 1n, 60_000n].map(frames => [frames, frames]),
  )
  assert.not(load(good.replace('num-frames: 10', 'duration: 1s')).flows.some(({ sender }) => 'duration' in sender))
})

test('frames without a count need no-ts and a duration, and give no figure', () => {
  const withFrames = (options: string, expect = '[]') =>
    good.replace('num-frames: 10', options).replace(/expect:\n( {2}- .*\n)*/, `expect: ${expect}\n`)
  const [flow] = load(withFrames('num-frames: 0\n  no-ts: true\n  duration: 90ms')).flows
  assert.equal([flow?.sender['num-frames'], flow?.sender['duration']], [0n, 90_000_000n])
  const test = isochronTest(flow?.sender ?? {})
  assert.equal([trafficLasts(test), framesDue(test), isEndless(test)], [90_000_000n, 9n, true])
  const messages = (text: string) => problemsIn(text).map(({ message }) => message)
  assert.match(messages(withFrames('num-frames: 0\n  duration: 1s')).join(), /without a count need no-ts: true/)
  assert.match(messages(withFrames('num-frames: 0\n  no-ts: true')).join(), /without a count have no end/)
  assert.match(
    messages(withFrames('num-frames: 0\n  no-ts: true\n  duration: 1s', '[lost == 0]')).join(),
    /no packet log is kept of frames without a count/,
  )
})

test('a flow may wait longer for its last frames', () => {
  assert.is(isochronTest({ 'cycle-time': 1n }).grace, 100_000_000n)
  assert.is(isochronTest({ 'cycle-time': 1n, grace: 5n }).grace, 5n)
})

test('every key of the playbook has a description', () => {
  const missing: string[] = []
  const walk = (schema: Record<string, unknown>, path: string): void => {
    for (const [key, each] of Object.entries((schema['properties'] ?? {}) as Record<string, Record<string, unknown>>)) {
      const described = typeof each['description'] === 'string' || typeof each['$ref'] === 'string'
      if (!described) missing.push(`${path}/${key}`)
      walk(each, `${path}/${key}`)
    }
    for (const inner of ['items', 'additionalProperties']) {
      const each = schema[inner]
      if (typeof each === 'object' && each !== null) walk(each as Record<string, unknown>, `${path}/${inner}`)
    }
  }
  walk(playbook, '')
  for (const [name, each] of Object.entries(playbook.definitions)) walk(each as Record<string, unknown>, name)
  assert.equal(missing, [])
})

test.run()
