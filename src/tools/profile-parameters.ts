import type { Problem } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { kinds } from '../playbook/kinds.ts'
import { outsideOf, writeMeasured } from '../playbook/options.ts'
import type { ToolOption, ToolOptions } from '../playbook/play.ts'
import type { OptionDescription, OptionKind, ToolDescription } from '../playbook/tool-description.ts'
import { parseIp } from './ip-address.ts'

/** Parameters as they came over the wire: anything. */
export type Given = Readonly<Record<string, unknown>>
export type End = 'sender' | 'receiver'

/** Narrower than the tool's own limits; both inclusive, in the option's own unit. */
export interface Bounds {
  readonly min?: bigint
  readonly max?: bigint
  readonly words?: readonly string[]
}

interface Open {
  readonly tool: Pick<ToolDescription, 'name' | 'options' | 'refused'>
  readonly fixed: ToolOptions
  readonly open: Readonly<Record<string, Bounds>>
}

/** Reads what an identity gives for one end; only what is open, and inside of the tool's limits and the profile's. */
export function readParameters(profile: Open, end: End, given: Given) {
  const options: Record<string, ToolOption> = {}
  const problems: Problem[] = []
  for (const [name, value] of Object.entries(given)) {
    const read = readParameter(profile, end, name, value)
    if (typeof read === 'object') problems.push(read)
    else options[name] = read
  }
  return { options: options as ToolOptions, problems }
}

/** An option that both ends have follows from the sender's. */
export function isOptionOf({ options }: Open['tool'], name: string, end: End): boolean {
  const of = options[name]?.end
  return of === 'each' || of === end || (of === 'both' && end === 'sender')
}

/** What the tool's defaults make of it has to be inside of the profile as well; of what was given that is known. */
export function boundProblems({ tool, open }: Open, end: End, options: ToolOptions): readonly Problem[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const [option, bounds] = [tool.options[name], Object.hasOwn(open, name) ? open[name] : undefined]
    if (option === undefined || bounds === undefined || !isOptionOf(tool, name, end)) return []
    const outside = outsideOf({ ...option, ...bounds }, value)
    return outside === undefined
      ? []
      : [problem(`${name}: expected ${outside}, and it is ${writtenAs(option.kind, value)} when it is not given`)]
  })
}

function readParameter({ tool, fixed, open }: Open, end: End, name: string, value: unknown): ToolOption | Problem {
  const option = Object.hasOwn(tool.options, name) ? tool.options[name] : undefined
  if (option === undefined) return unknownOption(tool, name)
  if (Object.hasOwn(fixed, name)) return problem(`${name} is fixed by the profile`)
  const bounds = Object.hasOwn(open, name) ? open[name] : undefined
  if (bounds === undefined || option.kind === 'text')
    return problem(`the profile leaves no choice of ${name}`, `open are ${Object.keys(open).join(', ')}`)
  if (!isOptionOf(tool, name, end)) return problem(`${name} is no option of the ${end}`)
  return readValue(name, option, bounds, value)
}

const longestValue = 200

function readValue(name: string, option: OptionDescription, bounds: Bounds, value: unknown): ToolOption | Problem {
  const scalar = scalarOf(value)
  const isReadable = scalar !== undefined && (option.kind !== 'address' || isPlainAddress(String(scalar)))
  const read = isReadable ? kinds[option.kind].read(scalar, undefined) : undefined
  if (read === undefined) return problem(`${name}: expected ${kinds[option.kind].expects}, got ${shown(value)}`)
  const outside = outsideOf(option, read) ?? outsideOf({ ...option, ...bounds }, read)
  return outside === undefined ? read : problem(`${name}: expected ${outside}, got ${writtenAs(option.kind, read)}`)
}

/** With a device behind it, if any, that is named as devices are. */
export function isPlainAddress(text: string): boolean {
  const ip = parseIp(text)
  return ip !== undefined && (ip.device === undefined || /^\w[\w.-]*$/.test(ip.device))
}

/** JSON has one kind of number. */
function scalarOf(value: unknown): boolean | bigint | string | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  return typeof value === 'string' && value.length <= longestValue ? value : undefined
}

function unknownOption({ name: tool, options, refused }: Open['tool'], name: string): Problem {
  if (Object.hasOwn(refused, name)) return problem(`${name} cannot be set: ${refused[name]}`)
  return problem(`${tool} has no option ${shown(name)}`, didYouMean(name, Object.keys(options)))
}

export const problem = (message: string, hint?: string): Problem => ({ code: 'BOOK_PROFILE', message, hint })

/** A stranger's value in a message: short, and on one line. */
export const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 60)

const writtenAs = (kind: OptionKind, value: ToolOption): string =>
  typeof value === 'bigint' ? writeMeasured(kind, value) : String(value)
