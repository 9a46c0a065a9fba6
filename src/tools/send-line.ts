import type { Code } from '../errors/codes.ts'
import { didYouMean } from '../errors/suggest.ts'
import type { TaiInstant } from '../units/quantity.ts'
import {
  type SendOption,
  type SendOptionName,
  type SomeSendOptions,
  sendOptionNames,
  sendOptions,
} from './isochron-send-options.ts'
import { readValue } from './isochron-values.ts'
import { slice, type Traced } from './traced-text.ts'

/** Says what is wrong, under a code. */
export type Report = (code: Code, where: Traced, message: string, hint?: string) => void

/** An exec line read option by option, before defaults and checks. */
export interface SendLine {
  /** What is written, and can be read. */
  readonly options: SomeSendOptions
  /** Where each option stands that is written, readable or not. */
  readonly where: ReadonlyMap<SendOptionName, Traced>
}

/** Reads the words of an exec line from the program's name on, as isochron 0.9 does. */
export function readSendLine(
  exec: Traced,
  words: readonly Traced[],
  { now, error, warn }: { readonly now: TaiInstant; readonly error: Report; readonly warn: Report },
): SendLine | undefined {
  const rest = afterProgram(exec, words, error, warn)
  if (rest === undefined) return undefined
  const options: Record<string, bigint | boolean | string> = {}
  const where = new Map<SendOptionName, Traced>()
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] as Traced
    const name = optionName(word, error)
    if (name === undefined) continue
    const takesNext = sendOptions[name].kind !== 'flag' && !word.text.includes('=')
    const value = takesNext ? rest[++at] : inWord(word)
    if (where.has(name)) warn('ORCHESTRATION_OPTION', word, `--${name} is given twice, the last one counts`)
    where.set(name, word)
    delete options[name]
    const read = optionValue(name, word, value, now, error)
    if (read !== undefined) options[name] = read
  }
  return { options: options as SomeSendOptions, where } // each value was read by its option's kind
}

/** `isochron-send …` or `ANYTHING send …`: the first word is otherwise not looked at. */
function afterProgram(
  exec: Traced,
  words: readonly Traced[],
  error: Report,
  warn: Report,
): readonly Traced[] | undefined {
  const [program, action, ...rest] = words
  if (program === undefined) return void error('ORCHESTRATION_SYNTAX', exec, 'exec has no command')
  if (program.text === 'isochron-send') return words.slice(1)
  if (action?.text !== 'send') {
    const got = `'${program.text}${action === undefined ? '' : ` ${action.text}`}'`
    return void error('ORCHESTRATION_SYNTAX', action ?? program, `expected 'isochron send', got ${got}`)
  }
  if (program.text.split('/').at(-1) !== 'isochron')
    warn('ORCHESTRATION_SYNTAX', program, `'${program.text}' is not looked at: the daemon does the sending`)
  return rest
}

const byWord = new Map<string, SendOptionName>(
  sendOptionNames.flatMap(name => [
    [`--${name}`, name],
    [`-${sendOptions[name].short}`, name],
  ]),
)

function optionName(word: Traced, error: Report): SendOptionName | undefined {
  const written = word.text.split('=', 1)[0] as string // a split gives at least one piece
  const name = byWord.get(written)
  if (name === 'help') {
    error('ORCHESTRATION_OPTION', word, `${written} would make isochron print its options and stop`)
    return undefined
  }
  if (name === undefined)
    error('ORCHESTRATION_OPTION', word, `isochron send has no option '${written}'`, correction(written))
  return name
}

function correction(written: string): string | undefined {
  const short = byWord.get(written.slice(0, 2))
  if (/^-[^-]./.test(written) && short !== undefined)
    return `short options stand alone: ${written.slice(0, 2)} ${sendOptions[short].kind === 'flag' ? '' : written.slice(2)}`.trim()
  if (!written.startsWith('-')) return 'a bare word is no option; a word with blanks needs quotes around all of it'
  const longer = sendOptionNames.filter(name => `--${name}`.startsWith(written) && written.length > 3)
  if (longer.length > 0) return `options cannot be shortened: ${longer.map(name => `--${name}`).join(' or ')}`
  return didYouMean(
    written,
    sendOptionNames.map(name => `--${name}`),
  )
}

function inWord(word: Traced): Traced | undefined {
  const at = word.text.indexOf('=')
  return at === -1 ? undefined : slice(word, at + 1)
}

function optionValue(name: SendOptionName, word: Traced, value: Traced | undefined, now: TaiInstant, error: Report) {
  const option: SendOption = sendOptions[name]
  const fail = (where: Traced, message: string, hint?: string) => {
    error('ORCHESTRATION_VALUE', where, `--${name}: ${message}`, hint)
    return undefined
  }
  if (option.kind === 'flag')
    return value === undefined
      ? true
      : fail(word, 'a flag has no value', 'isochron would set it whatever the value says')
  if (value === undefined) return fail(word, 'expected a value behind it, got the end of the line')
  const reading = readValue(option, value.text, now)
  return 'fault' in reading ? fail(value.text === '' ? word : value, reading.fault, reading.hint) : reading.value
}
