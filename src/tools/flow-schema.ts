import type { ToolDescription } from '../playbook/tool-description.ts'

type JsonSchema = Readonly<Record<string, unknown>>

/**
 * What a flow and its `receiver` may hold beside a flow's own keys: what `schemas/playbook.schema.json` has to have there. An
 * option of one tool is that tool's; one of several may be any of theirs, and the playbook knows which is meant.
 */
export function flowOptionSchemas(tools: readonly ToolDescription[]): { flow: JsonSchema; receiver: JsonSchema } {
  return {
    flow: union(tools, ({ name }, key) => `${name}.schema.json#/properties/${key}`),
    receiver: union(tools, ({ name }, key) => `${name}.schema.json#/definitions/receiver/properties/${key}`),
  }
}

function union(tools: readonly ToolDescription[], placeOf: (tool: ToolDescription, key: string) => string): JsonSchema {
  const keys = new Set(tools.flatMap(({ options, refused }) => [...Object.keys(options), ...Object.keys(refused)]))
  return Object.fromEntries(
    [...keys].map(key => {
      const takers = tools.filter(({ options }) => Object.hasOwn(options, key))
      const knowing = tools.filter(({ refused }) => Object.hasOwn(refused, key))
      const [first, ...others] = takers.length > 0 ? takers : knowing.slice(0, 1)
      if (first === undefined) throw new TypeError(`no tool knows ${key}`)
      if (others.length === 0 && (takers.length === 0 || knowing.length === 0))
        return [key, { $ref: placeOf(first, key) }]
      return [key, several(takers, key, takers.length > knowing.length, placeOf)]
    }),
  )
}

/** An option of several tools, or of one while others refuse it: an editor suggests it where more take it than refuse it. */
function several(
  takers: readonly ToolDescription[],
  key: string,
  suggested: boolean,
  placeOf: (tool: ToolDescription, key: string) => string,
): JsonSchema {
  const names = takers.map(({ name }) => name)
  return {
    title: `an option of ${names.join(', ')}`,
    description: takers.map(({ name, options }) => `${name}: ${meaning(options[key]?.summary)}`).join(' '),
    anyOf: takers.map(tool => ({ $ref: placeOf(tool, key) })),
    ...(suggested ? {} : { doNotSuggest: true }),
  }
}

/** Without its default and example, which differ from tool to tool. */
const meaning = (summary = '') => summary.replace(/ (Default|Example)\b.*$/, '')
