import {
  type SendOption,
  type SendOptionName,
  type SendOptions,
  type SomeSendOptions,
  sendOptionNames,
  sendOptions,
} from './isochron-send-options.ts'
import type { Say } from './orchestration-lines.ts'
import type { SendLine } from './send-line.ts'
import type { Traced } from './traced-text.ts'

/**
 * Fills in the defaults and checks the whole, in isochron's own order and then what isochron leaves to go wrong. Gives
 * options only when every value can be had; what is wrong with them has been said.
 */
export function settleSendLine(exec: Traced, line: SendLine, error: Say, warn: Say): SendOptions | undefined {
  const missing = sendOptionNames.filter(name => 'mandatory' in sendOptions[name] && !line.where.has(name))
  for (const name of missing) error(exec, `the mandatory option --${name} is missing`)
  const options = withDefaults(line)
  const at = (name: SendOptionName) => line.where.get(name) ?? exec
  const given: Given = name => line.where.has(name) && !(name in line.options && options[name] === undefined)
  for (const [name, wrong, message, hint] of [...isochronChecks, ...ourChecks])
    if (wrong(options, given)) error(at(name), message, hint)
  for (const [name, wrong, message, hint] of doubts) if (wrong(options, given)) warn(at(name), message, hint)
  for (const [name, where] of line.where)
    if ('idle' in sendOptions[name]) warn(where, `--${name} has no effect when the sender is a daemon`, insteadOf(name))
  const readable = [...line.where.keys()].every(name => name in line.options)
  // Every written option has a value, the mandatory ones are there, and the rest has its default.
  return readable && missing.length === 0 ? (options as SendOptions) : undefined
}

/** A daemon's threads inherit what it was started with. */
const insteadOf = (name: SendOptionName) =>
  name.startsWith('sched-') ? 'start the daemon itself in real time: chrt --fifo 98 isochron daemon …' : undefined

function withDefaults({ options, where }: SendLine): SomeSendOptions {
  const values: Record<string, bigint | boolean | string> = {}
  for (const name of sendOptionNames) {
    const option: SendOption = sendOptions[name]
    const value = where.has(name) ? options[name] : option.kind === 'flag' ? false : option.default
    if (value !== undefined && value !== option.none && name !== 'help') values[name] = value
  }
  return derived(values as SomeSendOptions, where) // each value is of its option's kind
}

/** Defaults that follow from other options. */
function derived(options: SomeSendOptions, where: SendLine['where']): SomeSendOptions {
  const { 'cycle-time': cycle, 'window-size': window, 'advance-time': advance } = options
  const head = cycle !== undefined && window !== undefined && advance === 0n ? cycle - window : advance
  return {
    ...options,
    ...(head !== undefined && { 'advance-time': head as typeof advance }),
    ...(!options.l2 && !options.l4 && { l2: true }),
    ...(options.client !== undefined && !where.has('output-file') && { 'output-file': 'isochron.dat' }),
  }
}

/** Wrong values: the option that the finding points at, when, what to say, what to do. */
type Check = readonly [SendOptionName, (options: SomeSendOptions, given: Given) => boolean, string, string?]
/** Written, and not as the value that means "not given". A value that cannot be read counts: it has been complained of. */
type Given = (name: SendOptionName) => boolean

/** False when one of the two cannot be read. */
const above = (a: bigint | undefined, b: bigint | undefined) => a !== undefined && b !== undefined && a > b

/** isochron's own, in its order (0.9, `isochron send`), but for the ranges of single values. */
const isochronChecks: readonly Check[] = [
  ['advance-time', o => above(o['advance-time'], o['cycle-time']), '--advance-time is longer than the cycle'],
  ['shift-time', o => above(o['shift-time'], o['cycle-time']), '--shift-time is longer than the cycle'],
  ['window-size', o => above(o['window-size'], o['cycle-time']), '--window-size is longer than the cycle'],
  ['txtime', o => o.txtime === true && o.taprio === true, '--txtime and --taprio exclude each other'],
  ['deadline', o => o.deadline === true && !o.txtime, '--deadline works only with --txtime'],
  [
    'sched-rr',
    o => o['sched-rr'] === true && o['sched-fifo'] === true,
    '--sched-fifo and --sched-rr exclude each other',
  ],
  [
    'output-file',
    (_, given) => given('output-file') && !given('client'),
    '--output-file needs a --client, whose log it takes',
  ],
  ['l4', (o, given) => o.l4 === true && !given('ip-destination'), '--l4 needs an --ip-destination'],
  ['ip-destination', (o, given) => given('ip-destination') && !o.l4, '--ip-destination works only with --l4'],
  [
    'sync-threshold',
    (o, given) => !o['omit-sync'] && (!given('sync-threshold') || above(0n, o['sync-threshold'])),
    'expected a --sync-threshold of 0 ns or more, or --omit-sync',
  ],
  ['l4', o => o.l4 === true && o.l2 === true, '--l2 and --l4 exclude each other'],
  [
    'dmac',
    (o, given) => o.l2 === true && !given('dmac') && !given('client'),
    'expected a --dmac, or a --client whose address can be asked for',
  ],
  ['vid', (o, given) => o.l4 === true && given('vid'), '--vid works only with --l2'],
  ['num-frames', o => !o['no-ts'] && o['num-frames'] === 0n, 'expected --num-frames above 0 for transmit timestamps'],
]

/** A frame of the least size takes 672 ns at 1 Gbit/s, and a daemon wakes up for each: shorter ones are slips of the unit. */
const shortestCycle = 1_000n
const latest = 2n ** 63n - 1n
const lastFrame = (o: SomeSendOptions) =>
  (o['base-time'] ?? 0n) + (o['shift-time'] ?? 0n) + (o['num-frames'] ?? 0n) * (o['cycle-time'] ?? 0n)

/** What isochron lets pass and what then goes wrong. */
const ourChecks: readonly Check[] = [
  [
    'l4',
    o => o.l4 === true,
    '--l4 does not work with a daemon',
    'the daemon sends to itself, whatever --ip-destination says',
  ],
  [
    'num-frames',
    o => o['no-ts'] === true && o['num-frames'] === 0n,
    'a test of 0 frames never ends',
    'isochron would log nothing',
  ],
  [
    'frame-size',
    (o, given) => given('vid') && above(38n, o['frame-size']),
    'a frame with a VLAN tag has at least 38 octets',
    'the receiver ignores shorter ones',
  ],
  ['priority', (o, given) => given('vid') && above(o.priority, 7n), 'a VLAN tag carries priorities 0 to 7'],
  [
    'cycle-time',
    o => above(shortestCycle, o['cycle-time']),
    'a cycle below 1 us: no host sends that often',
    'a number without a dot is ns: 3 s is 3.0 or 3000000000',
  ],
  ['num-frames', o => above(lastFrame(o), latest), 'the last frame would be due after the year 2262'],
]

const doubts: readonly Check[] = [
  [
    'cycle-time',
    o => !o['no-ts'] && above(o['cycle-time'], 2_000_000_000n),
    'with a cycle above 2 s the daemon stops taking timestamps after the first frame',
  ],
  ['sync-threshold', o => o['sync-threshold'] === 0n, 'a threshold of 0 ns is hardly ever met'],
  [
    'client',
    (o, given) => !given('client') && !o['omit-sync'],
    'without --client isochron neither watches the clocks nor writes a log',
  ],
]
