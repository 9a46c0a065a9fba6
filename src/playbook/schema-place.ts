import command from '../../schemas/command.schema.json' with { type: 'json' }
import inventory from '../../schemas/inventory.schema.json' with { type: 'json' }
import iperf from '../../schemas/iperf.schema.json' with { type: 'json' }
import iperf3 from '../../schemas/iperf3.schema.json' with { type: 'json' }
import isochron from '../../schemas/isochron.schema.json' with { type: 'json' }
import lab from '../../schemas/lab.schema.json' with { type: 'json' }
import limits from '../../schemas/limits.schema.json' with { type: 'json' }
import nuttcp from '../../schemas/nuttcp.schema.json' with { type: 'json' }
import ping from '../../schemas/ping.schema.json' with { type: 'json' }
import playbook from '../../schemas/playbook.schema.json' with { type: 'json' }
import steps from '../../schemas/steps.schema.json' with { type: 'json' }
import tracepath from '../../schemas/tracepath.schema.json' with { type: 'json' }
import traceroute from '../../schemas/traceroute.schema.json' with { type: 'json' }
import values from '../../schemas/values.schema.json' with { type: 'json' }
import type { JsonSchema } from '../source/check.ts'

/** A schema with what it refers to filled in. Places are `FILE#/path/in/it`: one place, one meaning. */
export interface PlacedSchema {
  /** Where its own words stand. */
  readonly place: string
  /** Where its keys stand: elsewhere when it says something of its own about what it refers to. */
  readonly inside: string
  readonly schema: JsonSchema
}

const whole = (file: string, schema: JsonSchema): PlacedSchema => ({ place: `${file}#`, inside: `${file}#`, schema })
export const playbookSchema = whole('playbook.schema.json', playbook)
export const inventorySchema = whole('inventory.schema.json', inventory)
export const labSchema = whole('lab.schema.json', lab)
export const limitsSchema = whole('limits.schema.json', limits)

const files: Readonly<Record<string, JsonSchema>> = {
  'lab.schema.json': lab,
  'limits.schema.json': limits,
  'playbook.schema.json': playbook,
  'inventory.schema.json': inventory,
  'isochron.schema.json': isochron,
  'command.schema.json': command,
  'tracepath.schema.json': tracepath,
  'traceroute.schema.json': traceroute,
  'ping.schema.json': ping,
  'nuttcp.schema.json': nuttcp,
  'iperf3.schema.json': iperf3,
  'iperf.schema.json': iperf,
  'steps.schema.json': steps,
  'values.schema.json': values,
}

/** The schema below `keys`; undefined when there is none. */
export function below({ inside, schema }: PlacedSchema, ...keys: readonly string[]): PlacedSchema | undefined {
  const found = descend(schema, keys)
  return found && filled([inside, ...keys].join('/'), found)
}

/** Fills in a `$ref`, or an `allOf` of one beside words of its own, which win. */
function filled(place: string, given: JsonSchema): PlacedSchema {
  const { $ref, allOf, ...own } = given
  const reference = $ref ?? (Array.isArray(allOf) && allOf.length === 1 ? allOf[0]['$ref'] : undefined)
  if (typeof reference !== 'string') return { place, inside: place, schema: given }
  const there = referred(reference, place)
  if (Object.keys(own).length === 0) return there
  return { place, inside: there.inside, schema: { ...there.schema, ...own } }
}

/** What `FILE#/path` or, in the same file, `#/path` refers to. */
function referred(reference: string, from: string): PlacedSchema {
  const [file, path = ''] = reference.split('#')
  const name = file || from.split('#')[0] || ''
  const keys = path.split('/').slice(1)
  const found = descend(files[name], keys)
  if (found === undefined) throw new Error(`schemas/ refers to ${reference}, which is not there`)
  return filled([`${name}#`, ...keys].join('/'), found)
}

function descend(schema: JsonSchema | undefined, keys: readonly string[]): JsonSchema | undefined {
  return keys.reduce((inner, key) => {
    const next = inner?.[key]
    return typeof next === 'object' && next !== null ? (next as JsonSchema) : undefined
  }, schema)
}
