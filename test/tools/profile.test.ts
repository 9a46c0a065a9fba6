import fc from 'fast-check'
import * as assert from 'uvu/assert'
import type { Problem } from '../../src/errors/error.ts'
import type { ToolOptions } from '../../src/playbook/play.ts'
import type { OptionKind } from '../../src/playbook/tool-description.ts'
import { isochronTest } from '../../src/tools/isochron.ts'
import { receiverCommand } from '../../src/tools/isochron-commands.ts'
import { isochronDescription } from '../../src/tools/isochron-options.ts'
import { type PlannedTest, type Profile, type ProfileTest, planTest, profileFaults } from '../../src/tools/profile.ts'
import { type Given, readParameters } from '../../src/tools/profile-parameters.ts'
import type { TrafficTool } from '../../src/tools/traffic-tool.ts'
import { trafficTools } from '../../src/tools/traffic-tools.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools/profile')

/** A profile that leaves everything open that can be. */
const wide = (tool: TrafficTool): Profile => ({
  ...{ name: `any ${tool.name}`, tool, fixed: {} },
  open: Object.fromEntries(
    Object.entries(tool.options).flatMap(([name, { kind }]) => (kind === 'text' ? [] : [[name, {}]])),
  ),
})

const ask = (profile: Profile, sender: Given, more: Partial<ProfileTest> = {}) =>
  planTest(profile, {
    ...{ sender, receiver: {}, from: '192.0.2.1', to: '192.0.2.2', folder: '/run/x', startAt: undefined },
    inStep: true,
    // Streams of nuttcp want their ports in a row.
    ...{ ports: profile.tool.ports({}).map((_, i) => 6001 + 200 * i) },
    ...more,
  })

const isPlan = (outcome: ReturnType<typeof ask>): outcome is PlannedTest => 'sender' in outcome
const messages = (outcome: ReturnType<typeof ask>): readonly string[] =>
  isPlan(outcome) ? [] : outcome.map(({ message }: Problem) => message)
const wordsOf = ({ sender, receiver }: PlannedTest) => [...sender.argv, ...(receiver?.argv ?? [])]

const toolNamed = (name: string) => trafficTools.find(tool => tool.name === name) as TrafficTool
const iperf3 = toolNamed('iperf3')

/** Options that another one needs. */
const contexts: readonly Given[] = [
  {},
  { udp: true, bitrate: '10M' },
  { udp: true, bandwidth: '10M' },
  { u: true, R: '10M' },
  { '6': true },
  { version6: true },
]

const samples: Readonly<Record<OptionKind, readonly unknown[]>> = {
  flag: [true],
  duration: ['2s', '10ms'],
  size: ['64k'],
  rate: ['10M'],
  octets: [1024, 128],
  count: [2],
  number: [1],
  mac: ['02:00:00:00:00:01'],
  address: ['192.0.2.9', '2001:db8::9'],
  word: ['eth0', '1', 'ff', '1.5', 'icmp', 'ack'],
  port: [5000],
  text: ['x'],
}

/** Plans with one option at some value, in whatever context takes it. */
function* plansWith(tool: TrafficTool, name: string, value: unknown): Generator<PlannedTest> {
  const { end } = tool.options[name] ?? {}
  for (const context of contexts)
    for (const to of ['192.0.2.2', '2001:db8::2']) {
      if (Object.keys(context).some(each => each !== name && !Object.hasOwn(tool.options, each))) continue
      const given = { [name]: value }
      const asked =
        end === 'receiver'
          ? ask(wide(tool), context, { receiver: given, to })
          : ask(wide(tool), { ...context, ...given }, { to })
      if (isPlan(asked)) yield asked
    }
}

const safeValue = /^(-?\d+|[A-Za-z0-9:][A-Za-z0-9_.,:+%@/-]*)$/

/** The words of a plan that no plan without the option has. */
function newWords(tool: TrafficTool, plan: PlannedTest, name: string): readonly string[] {
  const { flag = '' } = tool.options[name] ?? {}
  const usual = new Set<string>()
  for (const context of contexts)
    for (const to of ['192.0.2.2', '2001:db8::2']) {
      if (Object.keys(context).some(each => !Object.hasOwn(tool.options, each))) continue
      const { [name]: _, ...rest } = context
      // Some are only taken with the option, such as UDP with a rate: what they bring beside it is usual too.
      for (const options of [rest, context]) {
        const asked = ask(wide(tool), options, { to })
        if (isPlan(asked))
          for (const word of wordsOf(asked)) if (options === rest || !word.startsWith(flag)) usual.add(word)
      }
    }
  return wordsOf(plan).filter(word => !usual.has(word))
}

for (const tool of trafficTools)
  test(`${tool.name}: every option can be asked for, and is told in one word`, () => {
    for (const [name, option] of Object.entries(tool.options)) {
      const values = option.words ?? samples[option.kind]
      const plans = values.flatMap(value => [...plansWith(tool, name, value)])
      assert.ok(plans.length > 0, `${name} is never taken`)
      const told = plans.some(plan =>
        newWords(tool, plan, name).some(word => word === option.flag || word.startsWith(option.flag)),
      )
      // Family flags follow from the address as well.
      assert.ok(
        told || ['4', '6', 'ipv6_domain', 'version4', 'version6'].includes(name) || name in { udp: 0, u: 0 },
        name,
      )
    }
  })

const attacks = [
  ...['--help', '-F/etc/shadow', ' --logfile=/etc/x', 'a --logfile /x', 'a\n--logfile=/x', 'a\t-F', 'a\u00a0-F'],
  ...['$(id)', '`id`', ';id', 'a;id', '|id', '&', '>x', "'", '"', '\\', '\0', 'a\0--x', '*', '~root', '{a,b}'],
  ...['-', '--', '', ' ', '=', '=x', '-1', '+1', '../../etc/passwd', '/etc/passwd', '@/etc/passwd', '%s%n'],
  ...['1 -F/x', '1;id', '1\n', '0x1\n', '1e3', 'NaN', 'Infinity', 'true', 'eth0\n', '192.0.2.9 -x', '192.0.2.9%a b'],
  ...['192.0.2.9%\0', '::1%-x', '10s --x', '10s\n', '10M -x', '1k;', 'é', '１', '\u202e', '\ud800', 'x'.repeat(10_000)],
]

/** Words that come out of a value and are not its option, told once per end; undefined when there are none. */
function leakOf(tool: TrafficTool, name: string, value: unknown): string | undefined {
  const { flag } = tool.options[name] as TrafficTool['options'][string] // names come from the table
  const isTold = (word: string) => word === flag || (word.startsWith(flag) && isSafe(word.slice(flag.length)))
  for (const plan of plansWith(tool, name, value)) {
    const added = newWords(tool, plan, name)
    if (added.length > 2 || new Set(added).size > 1 || !added.every(isTold)) return added.join(' | ')
  }
  return undefined
}

const isSafe = (text: string) => safeValue.test(text.replace(/^=/, ''))

const anything = fc.oneof(
  { arbitrary: fc.constantFrom(...attacks), weight: 4 },
  { arbitrary: fc.string({ unit: 'binary' }), weight: 3 },
  { arbitrary: fc.string().map(text => `a${text}`), weight: 2 },
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.jsonValue(),
)

for (const tool of trafficTools)
  test(
    `${tool.name}: no value of any option adds an option, a second word or anything hidden`,
    () => {
      const names = Object.keys(tool.options)
      fc.assert(
        fc.property(fc.constantFrom(...names), anything, (name, value) => {
          assert.is(leakOf(tool, name, value), undefined)
        }),
        { numRuns: 400, examples: Object.hasOwn(tool.options, 'bitrate') ? [['bitrate', 0]] : [] },
      )
    },
    { limitMs: 120_000 },
  )

test('isochron: no value of any option of a receiver becomes an option, a second word or anything hidden', () => {
  const open = Object.fromEntries(
    Object.entries(isochronDescription.options).flatMap(([name, { kind }]) => (kind === 'text' ? [] : [[name, {}]])),
  )
  const argvOf = (options: ToolOptions) =>
    receiverCommand(isochronTest({}), { interface: 'eth0', unixDomainSocket: undefined }, options, {
      folder: '/run/x',
      port: 5000,
    })
  let taken = 0
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(isochronDescription.options)), anything, (name, value) => {
      const { options, problems } = readParameters({ tool: isochronDescription, fixed: {}, open }, 'receiver', {
        [name]: value,
      })
      if (problems.length > 0) return
      taken += 1
      const usual = new Set(argvOf({}))
      for (const word of argvOf(options).filter(each => !usual.has(each)))
        assert.ok(word === `--${name}` || word === '--sched-priority' || /^[A-Za-z0-9][A-Za-z0-9:]*$/.test(word), word)
    }),
    { numRuns: 3_000 },
  )
  assert.ok(taken > 3, `${taken} were taken`)
})

test('the same check finds a tool that would let a value out', () => {
  const split = (word: string) => word.split(',')
  const leaking: TrafficTool = {
    ...iperf3,
    sender: site => ({ ...iperf3.sender(site), argv: iperf3.sender(site).argv.flatMap(split) }),
  }
  assert.is(leakOf(leaking, 'congestion', 'cubic'), undefined)
  assert.is(leakOf(leaking, 'congestion', 'cubic,--logfile'), '--congestion=cubic | --logfile')
})

test('no name of an option is anything but an option of the table', () => {
  const strange = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', '--file', 'file', 'server', 'port', '-F'),
  )
  for (const tool of trafficTools)
    fc.assert(
      fc.property(strange, anything, (name, value) => {
        fc.pre(!Object.hasOwn(tool.options, name))
        const given = JSON.parse(JSON.stringify({ x: value ?? null }).replace('"x"', () => JSON.stringify(name)))
        assert.ok(messages(ask(wide(tool), given)).length > 0, name)
      }),
      { numRuns: 200 },
    )
})

test('addresses and ports are what they are, and nothing else', () => {
  const profile = wide(iperf3)
  for (const to of [
    ...attacks,
    'host.example',
    '192.0.2',
    '192.0.2.2:22',
    '[::1]',
    'fe80::1%a/b',
    'fe80::1%$x',
    '239.1.1.1',
    'ff02::1',
  ])
    assert.ok(
      messages(ask(profile, {}, { to })).some(each => /is no IPv4 or IPv6 address/.test(each)),
      to,
    )
  assert.ok(isPlan(ask(profile, {}, { to: 'fe80::1%eth0.5' })))
  for (const to of [
    '0.0.0.0',
    '239.1.2.3',
    '255.255.255.255',
    '::',
    'ff02::1%eth0',
    '::ffff:224.0.0.1',
    '::ffff:0.0.0.0',
  ])
    assert.ok(
      messages(ask(profile, {}, { to })).some(each => /is no IPv4 or IPv6 address of one host/.test(each)),
      to,
    )
  for (const ports of [[], [0], [65_536], [1.5], [Number.NaN], [-1], [5001, 5002]])
    assert.ok(
      messages(ask(profile, {}, { ports })).some(each => /port/.test(each)),
      String(ports),
    )
})

const narrow: Profile = {
  ...{ name: 'short tcp', tool: iperf3, fixed: { 'no-delay': true } },
  open: { time: { max: 60_000_000_000n }, parallel: { min: 2n, max: 8n }, congestion: { words: ['cubic', 'reno'] } },
}

const refused: readonly (readonly [string, Given, RegExp])[] = [
  ['an option that is not open', { udp: true }, /^the profile leaves no choice of udp$/],
  ['an option that is fixed', { 'no-delay': false }, /^no-delay is fixed by the profile$/],
  ['an option that nobody may set', { logfile: '/x' }, /^logfile cannot be set: the output goes into the run folder$/],
  ['an option that there is none', { tiem: '1s' }, /^iperf3 has no option "tiem"$/],
  ['more than the profile has', { time: '61s' }, /^time: expected .*60s.*, got 61s$|^time: expected at most/],
  ['less than the profile has', { parallel: 1 }, /^parallel: expected .*2.*8.*, got 1$/],
  ['more than the tool has', { parallel: 1_000_000 }, /^parallel: expected/],
  ['another word', { congestion: 'bbr' }, /^congestion: expected one of cubic, reno, got bbr$/],
  ['a duration without its unit', { time: 10 }, /^time: expected a duration with its unit.*, got 10$/],
  ['a list', { time: ['1s'] }, /^time: expected a duration with its unit.*, got \["1s"\]$/],
]
for (const [what, given, why] of refused)
  test(`a profile refuses ${what}`, () => {
    const [first = '', ...more] = messages(ask(narrow, given))
    assert.equal(more, [])
    assert.match(first, why)
  })

test('a profile’s own options are always there, and the defaults are filled in', () => {
  const plan = ask(narrow, { parallel: 4 })
  assert.ok(isPlan(plan))
  assert.equal(plan.sender.argv, [
    ...['iperf3', '--client=192.0.2.2', '--port=6001', '--json'],
    ...['--time=10', '--parallel=4', '--no-delay'],
  ])
  assert.equal(plan.options.sender, { time: 10_000_000_000n, parallel: 4n, 'no-delay': true })
})

test('a default of the tool is no way around a limit of the profile', () => {
  const brief: Profile = { ...narrow, open: { time: { max: 5_000_000_000n } } }
  assert.equal(messages(ask(brief, {})), ['time: expected 1s to 5s, and it is 10s when it is not given'])
  assert.ok(isPlan(ask(brief, { time: '5s' })))
})

test('what excludes each other, or needs an IPv6 address, is refused before anything is started', () => {
  assert.match(messages(ask(wide(iperf3), { reverse: true, bidir: true })).join(), /exclude each other/)
  assert.match(messages(ask(wide(iperf3), { version6: true })).join(), /is an IPv4 address, but IPv6 is asked for/)
})

test('a profile that is configured wrongly is told so', () => {
  assert.equal(profileFaults(narrow), [])
  const wrong: Profile = { ...narrow, fixed: { time: 1n, nonsense: true } }
  assert.equal(profileFaults(wrong), ["iperf3 has no option 'nonsense'", 'time is fixed, so it cannot be open'])
})

test.run()
