import * as assert from 'uvu/assert'
import { LockstepErrors, type Problem } from '../../src/errors/error.ts'
import {
  type SendOptionName,
  type SomeSendOptions,
  sendOptionNames,
  sendOptions,
} from '../../src/tools/isochron-send-options.ts'
import { readOrchestrationFile } from '../../src/tools/orchestration-file.ts'
import { tai } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools: orchestration file')

const read = (text: string) => {
  const shown = ({ code, message, hint, at }: Problem) =>
    `${at?.line}:${at?.column} ${message}${hint === undefined ? '' : ` (${hint})`} [${code.replace('ORCHESTRATION_', '')}]`
  try {
    const { sections, warnings } = readOrchestrationFile({ file: 'f.conf', text, now: tai(1000n) })
    return { sections, warnings: warnings.map(shown), errors: [] }
  } catch (error) {
    if (!(error instanceof LockstepErrors)) throw error
    return { sections: [], warnings: [], errors: error.problems.map(shown) }
  }
}

/** What every sender needs, and more. */
const exec = (more = '') => `isochron send -i eth0 -c 0.01 -s 100 -n 5 -X 100 -C 10.0.0.3${more}`
const section = (more = '') => `[a]\nhost = 10.0.0.1\nexec = ${exec(more)}\n`
const optionsOf = (more: string) => {
  const { sections, errors } = read(section(more))
  assert.equal(errors, [])
  return sections[0]?.options
}

test('two senders are read with all their defaults', () => {
  const { sections, warnings } = read(`[Sender A]
host = 10.0.0.1
port = 5000
exec = isochron send \\
\t--client 10.0.0.3 --stats-port 5000 \\
\t--interface eth0 --num-frames 10 --base-time 0 --cycle-time 0.01 \\
\t--frame-size 1500 --sync-threshold 100 --output-file a.dat --cpu-mask 0x1

[Sender B]
host = fe80::2%eth1
exec = isochron send -C 10.0.0.3 -P 5001 -i eth0 -n 10 -b 0.000000100 -c 0.01 -s 1500 -X 100 -F b.dat -e 0xdeaf
`)
  assert.equal(warnings, [])
  assert.equal(
    sections.map(({ name, host, port, at }) => [name, host, port, `${at.file}:${at.line}:${at.column}`]),
    [
      ['Sender A', '10.0.0.1', 5000, 'f.conf:1:2'],
      ['Sender B', 'fe80::2%eth1', 5000, 'f.conf:9:2'],
    ],
  )
  assert.equal(sections[0]?.options, {
    interface: 'eth0',
    smac: '00:00:00:00:00:00',
    priority: 0n,
    'stats-port': 5000n,
    'base-time': 0n,
    'advance-time': 10_000_000n,
    'shift-time': 0n,
    'cycle-time': 10_000_000n,
    'window-size': 0n,
    'num-frames': 10n,
    'frame-size': 1500n,
    'no-ts': false,
    client: '10.0.0.3',
    quiet: false,
    etype: 0xdeadn,
    'omit-sync': false,
    'omit-remote-sync': false,
    tracemark: false,
    taprio: false,
    txtime: false,
    deadline: false,
    'sched-priority': 0n,
    'sched-fifo': false,
    'sched-rr': false,
    l2: true,
    l4: false,
    'data-port': 6000n,
    'domain-number': 0n,
    'transport-specific': 0n,
    'unix-domain-socket': '/var/run/ptp4l',
    'sync-threshold': 100n,
    'num-readings': 5n,
    'output-file': 'a.dat',
    'cpu-mask': 1n,
  })
  assert.is(sections[1]?.options['base-time'], 100n)
  assert.is(sections[1]?.options['stats-port'], 5001n)
})

/** Every option: its short name, an argument that is not the default, and what is read. */
const written: { readonly [Name in Exclude<SendOptionName, 'help'>]: readonly [string, string, unknown, string?] } = {
  interface: ['i', 'eth1', 'eth1'],
  dmac: ['d', '1:2:3:4:5:6', '01:02:03:04:05:06'],
  smac: ['A', '0A:0:0:0:0:1', '0a:00:00:00:00:01'],
  priority: ['p', '6', 6n],
  'stats-port': ['P', '5009', 5009n],
  'base-time': ['b', '-5', -5n],
  'advance-time': ['a', '0.001', 1_000_000n],
  'shift-time': ['S', '-100', -100n],
  'cycle-time': ['c', '500000', 500_000n],
  'window-size': ['w', '0.002', 2_000_000n],
  'num-frames': ['n', '0x10', 16n],
  'frame-size': ['s', '64', 64n],
  'no-ts': ['T', '', true],
  vid: ['v', '7', 7n],
  client: ['C', '::1', '::1'],
  quiet: ['q', '', true],
  etype: ['e', '0xdeaf', 0xdeafn],
  'omit-sync': ['o', '', true],
  'omit-remote-sync': ['y', '', true],
  tracemark: ['m', '', true],
  taprio: ['Q', '', true],
  txtime: ['x', '', true],
  deadline: ['D', '', true, ' -x'],
  'sched-priority': ['H', '98', 98n],
  'sched-fifo': ['f', '', true],
  'sched-rr': ['r', '', true],
  'utc-tai-offset': ['O', '37', 37n],
  'ip-destination': ['J', '', undefined], // only with --l4, which is refused
  l2: ['2', '', true],
  l4: ['4', '', undefined], // refused
  'data-port': ['W', '6001', 6001n],
  'domain-number': ['N', '24', 24n],
  'transport-specific': ['t', '1', 1n],
  'unix-domain-socket': ['U', '/run/p', '/run/p'],
  'sync-threshold': ['X', '250', 250n],
  'num-readings': ['R', '9', 9n],
  'output-file': ['F', 'b.dat', 'b.dat'],
  'cpu-mask': ['M', '3', 3n],
}

test('every option of the table is tried', () =>
  assert.equal(Object.keys(written).toSorted(), sendOptionNames.filter(name => name !== 'help').toSorted()))

for (const [name, [short, text, value, more = '']] of Object.entries(written)) {
  const long = name as SendOptionName
  test(`--${name} and -${short} are the same option`, () => {
    assert.is(sendOptions[long].short, short)
    if (value === undefined) return
    const forms =
      text === ''
        ? [`--${name}`, `-${short}`]
        : [`--${name} ${text}`, `--${name}=${text}`, `-${short} ${text}`, `-${short}=${text}`]
    for (const form of forms)
      assert.is((optionsOf(` ${form}${more}`) as SomeSendOptions | undefined)?.[long], value, form)
  })
}

test('advance time is cycle minus window when it is 0', () => {
  assert.is(optionsOf(' -w 0.001')?.['advance-time'], 9_000_000n)
  assert.is(optionsOf(' -w 0.001 -a 0')?.['advance-time'], 9_000_000n)
  assert.is(optionsOf(' -w 0.001 -a 5')?.['advance-time'], 5n)
})

test('a base time may be relative to now', () => assert.is(optionsOf(' -b +0.000000001')?.['base-time'], 1001n))

test('values that mean "not given" are not there', () => {
  const options = optionsOf(' -v -1 -O -1 -d 0:0:0:0:0:0')
  assert.equal(
    (['vid', 'utc-tai-offset', 'dmac', 'ip-destination'] as const).map(name => options && name in options),
    [false, false, false, false],
  )
})

test('without a client there is no output file, and a warning', () => {
  const { sections, warnings } = read(
    '[a]\nhost = 10.0.0.1\nexec = isochron-send -i eth0 -c 1. -s 64 -n 1 -X 9 -d 1:2:3:4:5:6',
  )
  assert.is(sections[0] && 'output-file' in sections[0].options, false)
  assert.equal(warnings, ['3:8 without --client isochron neither watches the clocks nor writes a log [CONFLICT]'])
})

test('a device that only isochron would bind to is a warning, that of a link-local address is not', () => {
  const devices = section().replace('10.0.0.1', '10.0.0.1%eth0').replace('10.0.0.3', 'fe80::3%eth1')
  assert.equal(read(devices).warnings, [
    '2:8 isochron would bind its socket to eth0 for 10.0.0.1%eth0: here the routes of this machine decide [VALUE]',
  ])
})

test('a file of exactly 4096 octets ends where it ends', () => {
  const filled = section().padEnd(4095, '#').concat('\n')
  assert.is(filled.length, 4096)
  assert.is(read(filled).sections.length, 1)
})

test('the default output file is isochron.dat', () => assert.is(optionsOf('')?.['output-file'], 'isochron.dat'))

const sound: Readonly<Record<string, string>> = {
  'no blanks around =': `[a]\nhost=10.0.0.1\nexec=${exec()}\n`,
  'tabs and leading blanks': `  [a]\n\thost\t=\t10.0.0.1\n   exec = ${exec()}`,
  CRLF: section().replaceAll('\n', '\r\n'),
  'no newline at the end': section().trimEnd(),
  'empty lines': `\n\n${section()}\n\n`,
  'a continued line': section().replace(' -s 100', '\\\n-s 100'),
  'a comment at the end of a line': section(' # a comment'),
  'a comment in mid word': section().replace('-X 100 -C 10.0.0.3', '-C 10.0.0.3 -X 100#.5'),
  'a line of comment': `# about\n${section()}  # more\n`,
  'a quoted word': section(' -F "isochron.dat"'),
  'another first word': section().replace('isochron send', '/usr/local/bin/isochron send'),
  'the installed link': section().replace('isochron send', 'isochron-send'),
  'an option value that looks like an option': section(' -b -5'),
  'the size of a buffer': section() + '#'.repeat(4096 - section().length),
}
for (const [what, text] of Object.entries(sound))
  test(`${what} is fine`, () => {
    const { sections, errors, warnings } = read(text)
    assert.equal([errors, warnings], [[], []])
    assert.is(sections[0]?.host, '10.0.0.1')
    assert.is(sections[0]?.options['sync-threshold'], 100n)
  })

test('escapes are those of C, everywhere', () => {
  assert.is(read(section(' -F \\"a\\tb\\"')).sections[0]?.options['output-file'], 'a\tb')
  assert.is(read(section(" -F \\'a\\\\b\\?\\'")).sections[0]?.options['output-file'], 'a\\b?')
  assert.is(read(section('\\nport = 7')).sections[0]?.port, 7)
})

test('# inside quotes stays, and blanks too', () => {
  assert.is(optionsOf(' -F "a # b"')?.['output-file'], 'a # b')
  assert.is(optionsOf(" -F 'a#b' # comment")?.['output-file'], 'a#b')
})

test('section names may be empty, have blanks, and come twice', () => {
  const other = section(' -F c.dat -P 5003').replace('10.0.0.1', '10.0.0.2')
  const third = section(' -F d.dat -P 5004').replace('10.0.0.1', '10.0.0.5')
  const { sections, errors } = read(
    section().replace('[a]', '[]') + other.replace('[a]', '[ Sönder A ]') + third.replace('[a]', '[]'),
  )
  assert.equal(errors, [])
  assert.equal(
    sections.map(({ name }) => name),
    ['', ' Sönder A ', ''],
  )
})

test('the port is an integer in C notation, 5000 when there is none', () => {
  const portOf = (line: string) => read(section().replace('exec', `${line}\nexec`)).sections[0]?.port
  assert.equal([portOf(''), portOf('port = 0x1388'), portOf('port = 6001')], [5000, 5000, 6001])
})

const warned: readonly (readonly [string, string, string])[] = [
  [
    'an unknown key',
    section().replace('exec', 'pot = 1\nexec'),
    "3:1 there is no key 'pot', isochron ignores it (did you mean 'port'?) [SYNTAX]",
  ],
  [
    'a lone quote in a comment',
    section(" # it's"),
    '3:69 a lone quote in a comment, isochron complains of it [SYNTAX]',
  ],
  [
    'an outcommented line with quotes',
    `${section()}# exec = "x"`,
    '4:1 a comment with a quoted text in it is not cut by isochron (leave out the quotes) [SYNTAX]',
  ],
  [
    'a strange program',
    section().replace('isochron send', 'sudo send'),
    "3:8 'sudo' is not looked at: the daemon does the sending [SYNTAX]",
  ],
  ['an option given twice', section(' -n 7'), '3:69 --num-frames is given twice, the last one counts [OPTION]'],
  ['--tracemark', section(' -m'), '3:69 --tracemark has no effect when the sender is a daemon [CONFLICT]'],
  [
    '--sched-fifo',
    section(' -f'),
    '3:69 --sched-fifo has no effect when the sender is a daemon (start the daemon itself in real time: chrt --fifo 98 isochron daemon …) [CONFLICT]',
  ],
  [
    'a cycle above 2 s',
    section().replace('0.01', '2.1'),
    '3:30 with a cycle above 2 s the daemon stops taking timestamps after the first frame [CONFLICT]',
  ],
  ['a threshold of 0', section().replace('-X 100', '-X 0'), '3:50 a threshold of 0 ns is hardly ever met [CONFLICT]'],
]
for (const [what, text, warning] of warned)
  test(`${what} is taken with a warning`, () => {
    const { errors, warnings } = read(text)
    assert.equal([errors, warnings], [[], [warning]])
  })

const flawed: readonly (readonly [string, string, ...string[]])[] = [
  ['an empty file', '', '1:1 expected at least one [section], got none [SYNTAX]'],
  ['a file of comments', '# nothing\n\n', '1:1 expected at least one [section], got none [SYNTAX]'],
  [
    'a blank behind the continuation',
    section().replace(' -s 100', '\\ \n -s 100'),
    '3:37 blanks or a CR follow the backslash at the end of the line (isochron leaves every escape and continuation from here on as it stands) [SYNTAX]',
  ],
  [
    'a CR behind the continuation',
    section().replace(' -s 100', ' \\\n -s 100').replaceAll('\n', '\r\n'),
    '3:38 blanks or a CR follow the backslash at the end of the line (isochron leaves every escape and continuation from here on as it stands) [SYNTAX]',
  ],
  [
    'an unknown escape',
    section(' -F a\\dir'),
    "3:73 '\\d' is no escape (isochron leaves every escape and continuation from here on as it stands) [SYNTAX]",
  ],
  [
    'a backslash at the very end',
    `${section()}# \\`,
    '4:3 the file ends with a backslash (isochron leaves every escape and continuation from here on as it stands) [SYNTAX]',
  ],
  ['a NUL', section(' \\0 -n 9'), '3:69 \\0 ends the line for isochron, without a word [SYNTAX]'],
  [
    'a comment before a continuation',
    section().replace(' -s 100', ' # why \\\n-s 100'),
    '3:38 the comment goes on in the continued lines (isochron reads nothing of them) [SYNTAX]',
    '3:8 the mandatory option --frame-size is missing [CONFLICT]',
    '3:8 expected a --sync-threshold of 0 ns or more, or --omit-sync [CONFLICT]',
    '3:8 expected a --dmac, or a --client whose address can be asked for [CONFLICT]',
    '3:8 expected --num-frames above 0 for transmit timestamps [CONFLICT]',
  ],
  [
    'a continuation inside a word',
    section().replace('--', '').replace('eth0', 'et\\\nh0'),
    "4:1 isochron send has no option 'h0' (a bare word is no option; a word with blanks needs quotes around all of it) [OPTION]",
  ],
  [
    'a quoted text in a comment',
    section(' # a "b" c'),
    '3:69 a comment with a quoted text in it is not cut by isochron (leave out the quotes) [SYNTAX]',
  ],
  [
    'a line of comment with a quoted text',
    `${section()}# a "b"`,
    '4:1 a comment with a quoted text in it is not cut by isochron (leave out the quotes) [SYNTAX]',
  ],
  [
    'a quote left open before a comment',
    section(' -F "a # b'),
    "3:72 a quote that is never closed stands before a '#' (isochron may take it for a comment) [SYNTAX]",
    '3:72 the quote is never closed (isochron would take the rest of the line for one word) [SYNTAX]',
  ],
  [
    'a section with something behind',
    section().replace('[a]', '[a] b'),
    "1:4 nothing may stand behind the ']' of a section [SYNTAX]",
  ],
  ['an open section', section().replace('[a]', '[a'), "1:1 the section is not closed with ']' [SYNTAX]"],
  ['a key before the first section', `host = 1\n${section()}`, "1:1 'host' stands before the first [section] [SYNTAX]"],
  ['a line without =', `${section()}word`, "4:1 expected [section] or KEY = VALUE, got 'word' [SYNTAX]"],
  [
    'a long line',
    section(` -F ${'x'.repeat(8192)}`),
    '3:1 expected lines below 8192 octets, got 8263 [SYNTAX]',
    '3:72 --output-file: expected at most 4094 octets, got 8192 [VALUE]',
  ],
  ['no host', section().replace('host = 10.0.0.1\n', ''), "1:2 the section 'a' has no host [SYNTAX]"],
  [
    'a host name',
    section().replace('host = 10.0.0.1', 'host = localhost'),
    "2:8 expected a numeric IPv4 or IPv6 address, got 'localhost' (isochron does not resolve names) [VALUE]",
  ],
  [
    'a host given twice',
    section().replace('exec', 'host = 10.0.0.2\nexec'),
    "3:1 'host' is given twice in this section [SYNTAX]",
  ],
  [
    'port 0',
    section().replace('exec', 'port = 0\nexec'),
    '3:8 port: expected at least 1, got 0 (isochron takes 5000 when it cannot read the port, or reads 0) [VALUE]',
  ],
  [
    'an unreadable port',
    section().replace('exec', 'port = x\nexec'),
    "3:8 port: 'x' is no integer, isochron would read 0 (isochron takes 5000 when it cannot read the port, or reads 0) [VALUE]",
  ],
  ['no exec', '[a]\nhost = 10.0.0.1', "1:2 the section 'a' has no exec [SYNTAX]"],
  ['an empty exec', '[a]\nhost = 10.0.0.1\nexec =', "3:7 the section 'a' has no exec [SYNTAX]"],
  ['exec given twice', `${section()}exec = ${exec()}`, "4:1 'exec' is given twice in this section [SYNTAX]"],
  ['isochron rcv', section().replace('send', 'rcv'), "3:17 expected 'isochron send', got 'isochron rcv' [SYNTAX]"],
  ['a program alone', '[a]\nhost = 10.0.0.1\nexec = isochron', "3:8 expected 'isochron send', got 'isochron' [SYNTAX]"],
  [
    'a program with options of its own',
    section().replace('isochron send', 'chrt -f 98 isochron send'),
    "3:13 expected 'isochron send', got 'chrt -f' [SYNTAX]",
  ],
  [
    'a joined short option',
    section(' -n5'),
    "3:69 isochron send has no option '-n5' (short options stand alone: -n 5) [OPTION]",
  ],
  ['joined flags', section(' -Tq'), "3:69 isochron send has no option '-Tq' (short options stand alone: -T) [OPTION]"],
  [
    'a shortened option',
    section(' --num-fr'),
    "3:69 isochron send has no option '--num-fr' (options cannot be shortened: --num-frames) [OPTION]",
  ],
  [
    'a misspelt option',
    section(' --num-farmes 5'),
    "3:69 isochron send has no option '--num-farmes' (did you mean '--num-frames'?) [OPTION]",
    "3:82 isochron send has no option '5' (a bare word is no option; a word with blanks needs quotes around all of it) [OPTION]",
  ],
  ['two dashes', section(' --'), "3:69 isochron send has no option '--' [OPTION]"],
  [
    'a value split by a quote',
    section(' --output-file="a b"'),
    '3:69 --output-file: expected a value, got none [VALUE]',
    "3:84 isochron send has no option 'a b' (a bare word is no option; a word with blanks needs quotes around all of it) [OPTION]",
  ],
  [
    'an option without its value',
    section(' -F'),
    '3:69 --output-file: expected a value behind it, got the end of the line [VALUE]',
  ],
  [
    'a flag with a value',
    section(' --omit-sync=0'),
    '3:69 --omit-sync: a flag has no value (isochron would set it whatever the value says) [VALUE]',
  ],
  ['--help', section(' --help'), '3:69 --help would make isochron print its options and stop [OPTION]'],
  [
    'missing mandatory options',
    '[a]\nhost = 10.0.0.1\nexec = isochron send -C 10.0.0.3 -X 1 -n 1',
    '3:8 the mandatory option --interface is missing [CONFLICT]',
    '3:8 the mandatory option --cycle-time is missing [CONFLICT]',
    '3:8 the mandatory option --frame-size is missing [CONFLICT]',
  ],
  [
    'a time with a unit',
    section(' -b 10ms'),
    "3:72 --base-time: '10ms' is no time, isochron would read 10 ns (an integer is ns, a number with a dot is seconds: 10 ms is 10000000 or 0.01) [VALUE]",
  ],
  [
    'a threshold in seconds',
    section(' -X 0.00001'),
    "3:72 --sync-threshold: '0.00001' is no integer, isochron would read 0 [VALUE]",
  ],
  [
    'a relative cycle time',
    section(' -c +1.5'),
    "3:72 --cycle-time: '+1.5' is no time, isochron would read 1500000000 ns (an integer is ns, a number with a dot is seconds: 10 ms is 10000000 or 0.01) [VALUE]",
  ],
  ['a cycle time of 0', section(' -c 0'), '3:72 --cycle-time: expected at least 1, got 0 [VALUE]'],
  [
    'a cycle time of 3 for three seconds',
    section(' -c 3'),
    '3:69 a cycle below 1 us: no host sends that often (a number without a dot is ns: 3 s is 3.0 or 3000000000) [CONFLICT]',
  ],
  ['a frame too large', section(' -s 10001'), '3:72 --frame-size: expected at most 10000, got 10001 [VALUE]'],
  ['a frame too small', section(' -s 33'), '3:72 --frame-size: expected at least 34, got 33 [VALUE]'],
  [
    'more frames than a log holds',
    section(' -n 89478486'),
    '3:72 --num-frames: expected at most 89478485, got 89478486 [VALUE]',
  ],
  [
    'an interface name too long',
    section(' -i interface-name0'),
    '3:72 --interface: expected at most 14 octets, got 15 [VALUE]',
  ],
  [
    'a receiver by name',
    section(' -C c'),
    "3:72 --client: expected a numeric IPv4 or IPv6 address, got 'c' (isochron does not resolve names) [VALUE]",
  ],
  // isochron's own checks, in its order
  ['an advance time above the cycle', section(' -a 0.02'), '3:69 --advance-time is longer than the cycle [CONFLICT]'],
  ['a shift time above the cycle', section(' -S 0.02'), '3:69 --shift-time is longer than the cycle [CONFLICT]'],
  ['a window above the cycle', section(' -w 0.02 -a 1'), '3:69 --window-size is longer than the cycle [CONFLICT]'],
  ['txtime and taprio', section(' -x -Q'), '3:69 --txtime and --taprio exclude each other [CONFLICT]'],
  ['deadline without txtime', section(' -D'), '3:69 --deadline works only with --txtime [CONFLICT]'],
  ['fifo and rr', section(' -f -r'), '3:72 --sched-fifo and --sched-rr exclude each other [CONFLICT]'],
  [
    'an output file without a client',
    section(' -F a -d 1:2:3:4:5:6').replace(' -C 10.0.0.3', ''),
    '3:57 --output-file needs a --client, whose log it takes [CONFLICT]',
  ],
  [
    'l4 without a destination',
    section(' --l4'),
    '3:69 --l4 needs an --ip-destination [CONFLICT]',
    '3:69 --l4 does not work with a daemon (the daemon sends to itself, whatever --ip-destination says) [CONFLICT]',
  ],
  ['a destination without l4', section(' -J 10.0.0.3'), '3:69 --ip-destination works only with --l4 [CONFLICT]'],
  [
    'no threshold',
    section().replace(' -X 100', ''),
    '3:8 expected a --sync-threshold of 0 ns or more, or --omit-sync [CONFLICT]',
  ],
  [
    'a negative threshold',
    section(' -X -1'),
    '3:69 expected a --sync-threshold of 0 ns or more, or --omit-sync [CONFLICT]',
  ],
  [
    'l2 and l4',
    section(' -2 -4 -J 10.0.0.3'),
    '3:72 --l2 and --l4 exclude each other [CONFLICT]',
    '3:72 --l4 does not work with a daemon (the daemon sends to itself, whatever --ip-destination says) [CONFLICT]',
  ],
  [
    'nobody to send to',
    section().replace(' -C 10.0.0.3', ''),
    '3:8 expected a --dmac, or a --client whose address can be asked for [CONFLICT]',
  ],
  [
    'a VLAN with l4',
    section(' -4 -J 10.0.0.3 -v 5'),
    '3:84 --vid works only with --l2 [CONFLICT]',
    '3:69 --l4 does not work with a daemon (the daemon sends to itself, whatever --ip-destination says) [CONFLICT]',
  ],
  [
    'timestamps of no frames',
    section(' -n 0'),
    '3:69 expected --num-frames above 0 for transmit timestamps [CONFLICT]',
  ],
  // what isochron lets pass
  [
    'a test without end',
    section(' -n 0 -T'),
    '3:69 a test of 0 frames never ends (isochron would log nothing) [CONFLICT]',
  ],
  [
    'a VLAN frame too small',
    section(' -v 5 -s 37'),
    '3:74 a frame with a VLAN tag has at least 38 octets (the receiver ignores shorter ones) [CONFLICT]',
  ],
  [
    'a priority above that of a VLAN tag',
    section(' -v 5 -p 8'),
    '3:74 a VLAN tag carries priorities 0 to 7 [CONFLICT]',
  ],
  [
    'a test past the end of time',
    section(' -b 9223372036854000000 '),
    '3:45 the last frame would be due after the year 2262 [CONFLICT]',
  ],
]
for (const [what, text, ...errors] of flawed) test(`${what} is refused`, () => assert.equal(read(text).errors, errors))

const two = (first: string, second: string) =>
  `[a]\nhost = 10.0.0.1\nexec = ${exec(first)}\n[b]\nhost = 10.0.0.2\nexec = ${exec(second)}\n`
const shared: readonly (readonly [string, string, string])[] = [
  [
    'a receiver',
    two(' -F a', ' -F b'),
    "6:8 the receiver at 10.0.0.3 port 5000 is that of the receiver of the section 'a' already (daemons and receivers serve one client: isochron would wait for ever) [CONFLICT]",
  ],
  [
    'a receiver in two spellings',
    two(' -F a', ' -F b -C ::ffff:10.0.0.3'),
    "6:8 the receiver at ::ffff:10.0.0.3 port 5000 is that of the receiver of the section 'a' already (daemons and receivers serve one client: isochron would wait for ever) [CONFLICT]",
  ],
  [
    'a daemon',
    two(' -F a', ' -F b -P 5001').replace('10.0.0.2', '10.0.0.1'),
    "4:2 the daemon at 10.0.0.1 port 5000 is that of the sender of the section 'a' already (daemons and receivers serve one client: isochron would wait for ever) [CONFLICT]",
  ],
  [
    'a daemon as receiver',
    two(' -F a', ' -F b -C 10.0.0.1'),
    "6:8 the receiver at 10.0.0.1 port 5000 is that of the sender of the section 'a' already (daemons and receivers serve one client: isochron would wait for ever) [CONFLICT]",
  ],
  [
    'the default output file',
    two('', ' -P 5001'),
    "6:8 the output file isochron.dat is that of the section 'a' already (isochron would overwrite it) [CONFLICT]",
  ],
  [
    'an output file in two spellings',
    two(' -F ./x', ' -P 5001 -F x'),
    "6:8 the output file x is that of the section 'a' already (isochron would overwrite it) [CONFLICT]",
  ],
]
for (const [what, text, error] of shared)
  test(`two senders cannot share ${what}`, () => assert.equal(read(text).errors, [error]))

test('every problem of a file is said at once, in every section', () =>
  assert.equal(
    read('[a]\nhost = a\nexec = isochron send --nope -i e -c 1. -s 64 -n 1 -o -C ::1\n[b]\nhost = b\n').errors,
    [
      "2:8 expected a numeric IPv4 or IPv6 address, got 'a' (isochron does not resolve names) [VALUE]",
      "3:22 isochron send has no option '--nope' [OPTION]",
      "5:8 expected a numeric IPv4 or IPv6 address, got 'b' (isochron does not resolve names) [VALUE]",
      "4:2 the section 'b' has no exec [SYNTAX]",
    ],
  ))

test.run()
