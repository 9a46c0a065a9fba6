import type { OptionDescription } from '../playbook/tool-description.ts'
import { optionSchema } from './option-schema.ts'
import { expectsOf, moreKinds, schemaOf, type TrafficOption } from './traffic-options.ts'
import type { TrafficTool } from './traffic-tool.ts'

type Schema = Readonly<Record<string, unknown>>

/** The JSON Schema of a traffic tool's section: what `schemas/NAME.schema.json` has to hold. */
export function trafficSchema(tool: TrafficTool): Schema {
  const { name, refused, settle, options } = tool
  const described = Object.fromEntries(Object.entries(options).map(([option, row]) => [option, standIn(row)]))
  const schema = optionSchema({
    name,
    refused,
    settle,
    options: described,
    figures: {},
    withoutFigure: () => undefined,
  })
  const properties = schema['properties'] as Record<string, Schema>
  const own = Object.entries(options).map(([option, row]) => [option, ownSchema(row, properties[option] ?? {})])
  return { ...schema, properties: { ...properties, ...Object.fromEntries(own) } }
}

/** The playbook's generator knows its own kinds only. */
const standIn = ({ kind, end, summary, min, max }: TrafficOption): OptionDescription => ({
  kind: kind in moreKinds ? 'text' : (kind as OptionDescription['kind']), // what is not among the more is its own
  end,
  summary,
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
})

function ownSchema({ kind, words, summary }: TrafficOption, made: Schema): Schema {
  if (words !== undefined) {
    const pattern = `^(${words.join('|')})$|\\{\\{`
    return { title: `one of ${words.join(', ')}`, description: summary, type: 'string', pattern }
  }
  return kind in moreKinds ? { title: expectsOf(kind), description: summary, ...schemaOf(kind) } : made
}
