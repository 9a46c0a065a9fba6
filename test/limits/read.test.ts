import * as assert from 'uvu/assert'
import { pathOf, subtreeOf } from '../../src/book/limits.ts'
import { LockstepErrors, type Problem } from '../../src/errors/error.ts'
import { readLimits } from '../../src/limits/read.ts'
import { limitsText } from '../fixtures/limits-file.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('limits/read')

const rules = readLimits('limits.yml', limitsText)

/** Everything that is said of a file, as `LINE:COLUMN CODE message`. */
function problemsOf(text: string): readonly string[] {
  try {
    readLimits('limits.yml', text)
    return []
  } catch (error) {
    if (!(error instanceof LockstepErrors)) throw error
    return error.problems.map(inWords)
  }
}
const inWords = ({ at, code, message }: Problem) => `${at?.line}:${at?.column} ${code} ${message}`
const changed = (from: string | RegExp, to: string) => {
  assert.match(limitsText, from)
  return problemsOf(limitsText.replace(from, to))
}

test('a file is read with its defaults, and every limit knows its place', () => {
  assert.equal(rules.resources['nic:eth2'], { kind: 'shared', capacity: 30 })
  assert.equal(rules.resources['ports:test'], { kind: 'ports', first: 5202, last: 5900 })
  assert.equal(
    [rules.kinds['throughput']?.setup, rules.kinds['throughput']?.overrun, rules.kinds['throughput']?.teardown],
    [300e3, 500e3, 1e6],
  )
  assert.equal(rules.kinds['latency']?.claims, [{ resource: 'nic:{interface}', mode: 'shared', amount: 2 }])
  assert.equal(rules.identities['ops'], { keys: ['SHA256:def'], principals: [], admin: true })
  const { duration, bandwidth, runs, busy } = rules.classes['members']?.limits ?? {}
  assert.equal(duration, { value: 60e6, at: { file: 'limits.yml', line: 20, column: 17 } })
  assert.equal(
    [bandwidth?.value, runs?.value, busy?.value],
    [5e9, { most: 20, period: 3600e6 }, { most: 600e6, period: 3600e6 }],
  )
  assert.equal(rules.classes['night']?.limits.hours?.value, { spans: [{ from: 1320, to: 360 }], tz: 'Europe/Berlin' })
  assert.equal([rules.grants[0]?.until, rules.grants[0]?.reason], [Date.UTC(2030, 0, 1) * 1000, 'link test'])
})

test('classes form a tree', () => {
  assert.equal(
    pathOf(rules, 'night').map(({ name }) => name),
    ['night', 'root'],
  )
  assert.equal(subtreeOf(rules, 'root'), ['root', 'members', 'night'])
})

test('a class that is looser than what is above it is refused, and both places are named', () => {
  const said = (limit: string, value: string) =>
    changed('      duration: 60s\n', `      ${limit === 'duration' ? '' : 'duration: 60s\n      '}${limit}: ${value}\n`)
  assert.equal(said('duration', '2h'), [
    "20:17 LIMITS_LOOSER class 'members' has more of 'duration' than 'root' above it, at limits.yml:15:31",
  ])
  assert.equal(said('clock_error', '21ms'), [
    "21:20 LIMITS_LOOSER class 'members' has more of 'clock_error' than 'root' above it, at limits.yml:15:62",
  ])
  assert.equal(said('unsynced', 'true'), [
    "21:17 LIMITS_LOOSER class 'members' has more of 'unsynced' than 'root' above it, at limits.yml:15:9",
  ])
  assert.equal(said('unsynced', 'false'), [])
  assert.equal(said('horizon', '24h'), [])
})

test('every kind of limit knows what is looser', () => {
  const cases = [
    ['kinds: [latency]', 'kinds: [latency, throughput]', 'kinds: [latency]'],
    ['protocols: [tcp]', 'protocols: [udp]', 'protocols: [tcp]'],
    ['peers: [192.0.2.0/24]', 'peers: [192.0.2.0/23]', 'peers: [192.0.2.128/25, 192.0.2.1]'],
    ['bandwidth: 1G', 'bandwidth: 1001M', 'bandwidth: 1000M'],
    ['streams: 4', 'streams: 5', 'streams: 4'],
    ['hours: "08:00-18:00"', 'hours: "08:00-18:01"', 'hours: ["08:00-12:00", "13:00-18:00"]'],
    ['hours: "22:00-06:00"', 'hours: "23:00-07:00"', 'hours: "23:00-05:00"'],
    ['held: 3', 'held: 4', 'held: 0'],
    ['runs: 20/1h', 'runs: 11/30m', 'runs: 10/30m'],
    ['runs: 20/1h', 'runs: 21/2h', 'runs: 20/2h'],
    ['busy: 10m/1h', 'busy: 5m/20m', 'busy: 3m/20m'],
    ['cool_down: 30s', 'cool_down: 29s', 'cool_down: 1m'],
    ['single_ended: false', 'single_ended: true', 'single_ended: false'],
  ] as const
  const file = (above: string, below: string) => `version: 1
kinds: {latency: {profiles: [ping]}, throughput: {profiles: [iperf3]}}
classes:
  top: {limits: {${above}}}
  middle: {parent: top}
  low: {parent: middle, limits: {${below}}}
assign: [{any: true, class: low}]
`
  for (const [above, looser, tighter] of cases) {
    const problems = problemsOf(file(above, looser))
    assert.is(problems.length, 1, `${looser}: ${problems}`)
    assert.match(problems[0] ?? '', /^6:\d+ LIMITS_LOOSER class 'low' .* 'top' above it, at limits\.yml:4:\d+$/, looser)
    assert.equal(problemsOf(file(above, tighter)), [], tighter)
  }
})

test('a grant may exceed the class, never the root', () => {
  assert.equal(changed('bandwidth: 9G }', 'duration: 30m }'), [])
  assert.equal(changed('bandwidth: 9G }', 'duration: 61m }'), [
    "37:96 LIMITS_LOOSER the grant to 'alice' has more of 'duration' than 'root' above it, at limits.yml:15:31",
  ])
})

test('unknown keys and values are refused at their place', () => {
  assert.equal(changed('pending: 5', 'pendign: 5'), ["23:7 SCHEMA_UNKNOWN_KEY there is no key 'pendign' here"])
  assert.equal(changed('duration: 60s', 'duration: 60'), [
    '20:17 SCHEMA_TYPE expected a duration with its unit, such as 300ms or 1h, got 60',
  ])
  assert.equal(changed('20/1h', '20/0s'), ["24:13 SCHEMA_VALUE expected a count per time above 0, got '20/0s'"])
  assert.equal(changed('192.0.2.0/24]', '192.0.2.1/24]'), [
    '26:14 SCHEMA_VALUE expected networks, such as 192.0.2.0/24, got a list',
  ])
  assert.equal(changed('Europe/Berlin', 'Europe/Berlln').length, 1)
  assert.equal(changed('22:00-06:00', '22:00-26:00').length, 1)
  assert.equal(changed('5202-5900', '5900-5202'), [
    "6:15 SCHEMA_VALUE expected a range of ports from 1 to 65535, got '5900-5202'",
  ])
  assert.equal(changed('2030-01-01', '2030-13-01'), [
    "37:31 SCHEMA_VALUE expected a time that there is, got '2030-13-01T00:00:00Z'",
  ])
  assert.equal(changed('teardown: 2s', 'teardown: 900ms'), ["9:137 SCHEMA_VALUE expected at least 1s, got '900ms'"])
  assert.equal(changed('{ any: true, class: closed }', '{ class: closed }'), [
    "35:5 SCHEMA_VALUE expected 'identity', 'net' or 'any: true', got a mapping",
  ])
})

test('names that nothing declares are refused, with the one that was meant', () => {
  assert.equal(changed('class: night', 'class: nigth'), ["34:28 LIMITS_NAME there is no class 'nigth' in this file"])
  assert.equal(changed('identity: ci,', 'identity: cj,'), ["34:17 LIMITS_NAME there is no identity 'cj' in this file"])
  assert.equal(changed('kinds: [throughput, latency]', 'kinds: [throughput, latencx]'), [
    "19:27 LIMITS_NAME there is no kind 'latencx' in this file",
  ])
  assert.equal(changed('resource: ports:test', 'resource: ports:tset'), [
    "8:116 LIMITS_NAME there is no resource 'ports:tset' in this file",
  ])
  assert.equal(changed('    parent: root\n    limits:\n', '    parent: constructor\n    limits:\n'), [
    "17:13 LIMITS_NAME there is no class 'constructor' in this file",
  ])
})

test('the classes are a tree with one root', () => {
  assert.equal(changed('    parent: root\n    limits:\n', '    limits:\n'), [
    "17:5 LIMITS_CLASS 'members' has no parent, and 'root' at limits.yml:15:9 has none either",
  ])
  const circle = problemsOf(`version: 1
classes:
  root: {}
  a: {parent: b}
  b: {parent: a}
assign: [{any: true, class: a}]
`)
  assert.equal(circle, ["4:6 LIMITS_CLASS 'a' stands below itself", "5:6 LIMITS_CLASS 'b' stands below itself"])
})

test.run()
