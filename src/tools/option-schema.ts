import { kinds } from '../playbook/kinds.ts'
import type { OptionDescription, ToolDescription } from '../playbook/tool-description.ts'

type JsonSchema = Readonly<Record<string, unknown>>

const draft = 'http://json-schema.org/draft-07/schema#'

/** The JSON Schema of a tool's section: what `schemas/NAME.schema.json` has to hold. */
export function optionSchema({ name, options, refused }: ToolDescription): JsonSchema {
  const names = Object.keys(options)
  const atReceiver = names.map(option => [
    option,
    options[option]?.end === 'sender'
      ? refusal(option, 'it is an option of the sender')
      : { $ref: `#/properties/${option}` },
  ])
  const never = Object.entries(refused).map(([option, reason]) => [option, refusal(option, reason)])
  return {
    $schema: draft,
    $id: `${name}.schema.json`,
    title: `options of ${name}`,
    description: `Options of ${name} by its own long names: defaults of every flow in the section '${name}', or the options of one flow.`,
    type: 'object',
    additionalProperties: false,
    properties: {
      ...Object.fromEntries(Object.entries(options).map(([option, description]) => [option, valueSchema(description)])),
      ...Object.fromEntries(never),
    },
    definitions: {
      receiver: {
        title: `options of the receiving ${name}`,
        description: `Options of the receiving end, added to those that follow from the sender.`,
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries([...atReceiver, ...never]),
      },
    },
  }
}

/** A key that is only known so that the reason against it can be given. */
const refusal = (option: string, reason: string) => ({
  not: {},
  doNotSuggest: true,
  description: `'${option}' cannot be set here: ${reason}`,
})

/** The kinds of values that our own keys share with the tools: what `schemas/values.schema.json` has to hold. */
export const valuesSchema = (): JsonSchema => ({
  $schema: draft,
  $id: 'values.schema.json',
  title: 'kinds of values',
  description: 'How durations, octets, counts and the like are written. A value in {{ }} may stand for each of them.',
  definitions: Object.fromEntries(
    Object.entries(kinds).map(([kind, { expects, schema }]) => [kind, { title: expects, ...schema }]),
  ),
})

function valueSchema({ kind, summary, min, max, words }: OptionDescription): JsonSchema {
  if (words !== undefined) {
    const pattern = `^(${words.join('|')})$|\\{\\{`
    return { title: `one of ${words.join(', ')}`, description: summary, type: 'string', pattern }
  }
  const { expects, schema } = kinds[kind]
  // A limit of a duration has a unit, which JSON Schema cannot compare; limits beyond 2^53 are checked by us alone.
  const numeric = kind === 'octets' || kind === 'count' || kind === 'number'
  return {
    title: expects,
    description: summary,
    ...schema,
    ...(numeric && min !== undefined ? { minimum: Number(min) } : {}),
    ...(numeric && max !== undefined && max <= BigInt(Number.MAX_SAFE_INTEGER) ? { maximum: Number(max) } : {}),
  }
}
