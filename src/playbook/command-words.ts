import { suggest } from '../errors/suggest.ts'
import type { CommandLine } from './command-definition.ts'

/** What a command may be told of its flow, as `{NAME}` in its words; `{port2}` is the port behind `{port}`, and so on. */
const places = ['address', 'from', 'port', 'folder'] as const
/** Ports of one flow. */
const mostPorts = 16

/** Not behind a dollar, where a shell means a variable of its own. */
const place = /(?<!\$)\{([A-Za-z][\w-]*)\}/g

/** What stands for each `{NAME}`: `port` and its like are counted on from `port`. */
export interface PlaceValues {
  readonly address: string
  readonly from: string
  readonly port: number
  readonly folder: string
}

/** Puts values into a word. */
export const filledIn = (word: string, values: PlaceValues): string =>
  word.replaceAll(place, (whole, name: string) => {
    const port = portNumber(name)
    if (port !== undefined) return String(values.port + port - 1)
    return name === 'address' || name === 'from' || name === 'folder' ? values[name] : whole
  })

export const wordsOf = (command: CommandLine | undefined): readonly string[] =>
  command === undefined ? [] : 'line' in command ? [command.line] : command.argv

/** How many ports in a row these commands name. */
export const portsIn = (...commands: readonly (CommandLine | undefined)[]): number =>
  Math.max(0, ...commands.flatMap(wordsOf).flatMap(word => placesIn(word).map(({ name }) => portNumber(name) ?? 0)))

/** The first name in braces that means nothing. */
export function unknownPlace(word: string): { message: string; hint: string; offset: number } | undefined {
  const unknown = placesIn(word).find(({ name }) => portNumber(name) === undefined && !isPlace(name))
  if (unknown === undefined) return undefined
  const { name, offset } = unknown
  const near = suggest(name, places)
  const meant =
    near === undefined ? `known here: ${places.map(each => `{${each}}`).join(', ')}` : `did you mean {${near}}?`
  const hint = `${meant}; braces that the program is to see get a blank: { ${name} }`
  return { message: `nothing is called {${name}} here`, hint, offset }
}

const placesIn = (word: string) => [...word.matchAll(place)].map(({ 1: name = '', index }) => ({ name, offset: index }))

const isPlace = (name: string) => places.some(each => each === name)

/** 1 of `port`, 2 of `port2`. */
function portNumber(name: string): number | undefined {
  const digits = /^port([1-9]\d?)?$/.exec(name)
  if (digits === null) return undefined
  const number = Number(digits[1] ?? 1)
  return number <= mostPorts ? number : undefined
}
