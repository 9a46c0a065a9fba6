import type { Problem } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import type { OptionDescription, ToolDescription } from '../playbook/tool-description.ts'

/** An option as the words of the tool's own command line have it. */
type ToldOption = OptionDescription & {
  /** Undefined for a tool whose numbers mean what no other program's do (isochron): they want their units. */
  readonly flag?: string
  readonly told?: string
  readonly per?: bigint
}

/** What a flow's keys may hold. */
export type FlowOptions = Readonly<Record<string, string | number | boolean>>

/** The letters of tools that have long names too. */
const letters: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  iperf3: {
    ...{ u: 'udp', t: 'time', n: 'bytes', k: 'blockcount', b: 'bitrate', P: 'parallel', O: 'omit', R: 'reverse' },
    ...{ i: 'interval', l: 'length', w: 'window', M: 'set-mss', N: 'no-delay', C: 'congestion', S: 'tos' },
    ...{ L: 'flowlabel', '4': 'version4', '6': 'version6', B: 'bind', A: 'affinity', Z: 'zerocopy' },
  },
  iperf: {
    ...{ u: 'udp', t: 'time', n: 'num', b: 'bandwidth', P: 'parallel', R: 'reverse', l: 'len', w: 'window' },
    ...{ M: 'mss', N: 'nodelay', Z: 'tcp-congestion', S: 'tos', T: 'ttl', V: 'ipv6_domain', B: 'bind', z: 'realtime' },
  },
  traceroute: {
    ...{ f: 'first', m: 'max-hops', q: 'queries', N: 'sim-queries', w: 'wait', z: 'sendwait', p: 'port', t: 'tos' },
    ...{ l: 'flowlabel', s: 'source', i: 'interface', g: 'gateway', F: 'dont-fragment', I: 'icmp', T: 'tcp' },
    ...{ U: 'udp', D: 'dccp', P: 'protocol', M: 'module', O: 'options' },
  },
}

/** Reads words as the tool's own command line has them, numbers in its own units; a value with a unit is taken as it is. */
export function readToolWords(
  tool: Pick<ToolDescription, 'name' | 'options' | 'refused'>,
  words: readonly string[],
): { readonly options: FlowOptions; readonly problems: readonly Problem[] } {
  const options: Record<string, string | number | boolean> = {}
  const problems: Problem[] = []
  const left = [...words]
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const found = optionIn(tool, word)
    if (typeof found === 'string') {
      problems.push({ code: 'USAGE_VALUE', message: found, ...hintFor(tool, word) })
      // Most likely its value.
      if (word.startsWith('-') && left[0]?.startsWith('-') === false) left.shift()
      continue
    }
    const { name, option, joined } = found
    if (option.kind === 'flag') {
      options[name] = true
      // Letters behind a letter: each is an option.
      if (joined !== undefined) left.unshift(`-${joined}`)
      continue
    }
    const value = joined ?? left.shift()
    if (value === undefined) problems.push({ code: 'USAGE_VALUE', message: `${word}: expected a value` })
    else options[name] = inOurUnits(option, value)
  }
  return { options, problems }
}

interface Found {
  readonly name: string
  readonly option: ToldOption
  /** The value that is written in the same word. */
  readonly joined: string | undefined
}

function optionIn(
  { name: tool, options, refused }: Pick<ToolDescription, 'name' | 'options' | 'refused'>,
  word: string,
) {
  const found = (name: string, joined?: string): Found => ({ name, option: options[name] as ToldOption, joined })
  const positional = Object.keys(options).find(name => (options[name] as ToldOption).flag === '')
  if (!/^-[^-]|^--./.test(word))
    return positional === undefined ? `'${word}': expected an option of ${tool}` : found(positional, word)
  if (word.startsWith('--')) {
    const [, name = '', value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? []
    if (name in options) return found(name, value)
    return why(tool, refused, name, word)
  }
  // The longest name counts: -ws is not -w with a value.
  const own = Object.keys(options)
    .filter(name => (options[name] as ToldOption).flag?.startsWith('--') !== true && word.startsWith(`-${name}`))
    .toSorted((a, b) => b.length - a.length)[0]
  const name = own ?? letters[tool]?.[word.slice(1, 2)]
  if (name === undefined || !(name in options)) return why(tool, refused, word.slice(1), word)
  const rest = word.slice(1 + (own?.length ?? 1))
  return found(name, rest === '' ? undefined : rest)
}

function why(tool: string, refused: ToolDescription['refused'], name: string, word: string): string {
  const reason = refused[name]
  return reason === undefined ? `${tool} has no option '${word}'` : `${word} cannot be given: ${reason}`
}

function hintFor({ options }: Pick<ToolDescription, 'options'>, word: string): Pick<Problem, 'hint'> {
  const name = word.replace(/^-*/, '').replace(/=.*/s, '')
  return { hint: didYouMean(name, Object.keys(options)) }
}

const decimal: Readonly<Record<string, bigint>> = { '': 1n, k: 1_000n, m: 1_000_000n, g: 1_000_000_000n }
const binary: Readonly<Record<string, bigint>> = { '': 1n, k: 1n << 10n, m: 1n << 20n, g: 1n << 30n }

/** `10` of a time is 10s where the tool counts seconds; sizes are in powers of 1024 and rates of 1000, as the tools have it. */
function inOurUnits({ kind, flag, told = 's', per = 1n }: ToldOption, value: string): string | number {
  const bare = /^\d+$/.test(value)
  if (flag === undefined && !bare) return value
  if (flag !== undefined && kind === 'duration')
    return /^\d+(\.\d+)?$/.test(value) && Number(value) !== 0 ? `${value}${told}` : value
  if (flag !== undefined && (kind === 'octets' || kind === 'size' || kind === 'rate')) {
    const [, digits, letter = ''] = /^(\d+)([kmgKMG]?)$/.exec(value) ?? []
    if (digits === undefined) return value
    const scale = (kind === 'rate' ? decimal : binary)[letter.toLowerCase()] as bigint
    const amount = BigInt(digits) * (letter === '' ? per : scale)
    if (kind === 'octets') return amount <= Number.MAX_SAFE_INTEGER ? Number(amount) : String(amount)
    return amount === 0n ? 0 : `${amount}${kind === 'rate' ? 'bit/s' : 'B'}`
  }
  return bare && kind !== 'duration' && kind !== 'word' && kind !== 'text' ? Number(value) : value
}
