import { limits } from '../source/expected.ts'
import { below, inventorySchema, labSchema, limitsSchema, type PlacedSchema, playbookSchema } from './schema-place.ts'

/** What there is to say about one key of a playbook, out of the schemas. */
export interface KeyEntry {
  /** `sync.gate.offset`; a name that the author gives is in capitals (`flows.NAME.from`), a list ends with `[]`. */
  readonly path: string
  /** What its value is: `a duration with its unit, such as 10ms or 100ns`. Undefined for a key that cannot be set. */
  readonly takes: string | undefined
  /** `1 to 1000`, in the value's own unit; undefined when `takes` says them already. */
  readonly limits: string | undefined
  readonly meaning: string
  readonly byDefault: string | undefined
  readonly example: string | undefined
  /** The mapping that it stands in has to have it. */
  readonly needed: boolean
  /** The path of the key, nearer to the top, that means the same and has the same keys. */
  readonly sameAs: string | undefined
  /** Where in schemas/ it is described: `FILE#/path/in/it`. */
  readonly place: string
}

/** Every key of a playbook, in the order of the schema: a key stands before those inside it. */
export const playbookKeys = (): readonly KeyEntry[] => withHomes(keysOf(playbookSchema, '', []))

/** Every key of an inventory in YAML, below `inventory`. */
export const inventoryKeys = (): readonly KeyEntry[] => withHomes(keyAndBelow(inventorySchema, 'inventory', false, []))

/** Every key of a file of `lab up -f`, below `lab`. */
export const labKeys = (): readonly KeyEntry[] => withHomes(keyAndBelow(labSchema, 'lab', false, []))

/** Every key of a limits file, below `limits`. */
export const limitsKeys = (): readonly KeyEntry[] => withHomes(keyAndBelow(limitsSchema, 'limits', false, []))

/** Says of every key where the one that means the same stands nearest to the top. */
function withHomes(found: readonly KeyEntry[]): readonly KeyEntry[] {
  const entries = found.filter(({ meaning }) => meaning !== '')
  const nearest = new Map<string, string>()
  for (const { place, path } of entries) {
    const known = nearest.get(place)
    if (known === undefined || depthOf(path) < depthOf(known)) nearest.set(place, path)
  }
  return entries.map(entry => {
    const first = nearest.get(entry.place)
    return first === entry.path ? entry : { ...entry, sameAs: first }
  })
}

export const depthOf = (path: string): number => path.split('.').length

/** `above` are the schemas that the path has come through: a group in a group has no other keys. */
function keysOf(parent: PlacedSchema, path: string, above: readonly string[]): KeyEntry[] {
  if (above.includes(parent.inside)) return []
  const through = [...above, parent.inside]
  const { properties = {}, required = [] } = parent.schema as { properties?: object; required?: readonly string[] }
  const named = Object.keys(properties).flatMap(key =>
    keyAndBelow(
      below(parent, 'properties', key),
      path === '' ? key : `${path}.${key}`,
      required.includes(key),
      through,
    ),
  )
  const free = keyAndBelow(below(parent, 'additionalProperties'), `${path}.${placeholderOf(path)}`, false, through)
  const item = below(parent, 'items')
  return [...named, ...free, ...(item === undefined ? [] : keysOf(item, `${path}[]`, through))]
}

function placeholderOf(path: string): string {
  if (path === 'inventory' || path.endsWith('.children')) return 'GROUP'
  return path === 'receivers' || path === 'senders' || path.endsWith('.hosts') || path.startsWith('lab.')
    ? 'HOST'
    : 'NAME'
}

function keyAndBelow(
  placed: PlacedSchema | undefined,
  path: string,
  needed: boolean,
  above: readonly string[],
): KeyEntry[] {
  if (placed === undefined) return []
  return [entryOf(placed, path, needed), ...keysOf(placed, path, above)]
}

function entryOf({ schema, place }: PlacedSchema, path: string, needed: boolean): KeyEntry {
  const { title, description = '', not, minimum, maximum, enum: choices, examples } = schema as Facts
  const { meaning = '', byDefault, example = examples?.[0] } = sentences.exec(description)?.groups ?? {}
  const refused = not !== undefined && Object.keys(not).length === 0
  const limited = minimum !== undefined || maximum !== undefined
  return {
    path,
    takes: refused ? undefined : (title ?? choices?.join(' or ')),
    limits: limited && !title?.includes(limits(minimum, maximum)) ? limits(minimum, maximum) : undefined,
    ...{ meaning, byDefault, example },
    ...{ needed, sameAs: undefined, place },
  }
}

interface Facts {
  readonly title?: string
  readonly description?: string
  readonly not?: object
  readonly minimum?: number
  readonly maximum?: number
  readonly enum?: readonly string[]
  readonly examples?: readonly string[]
}

/** A description in its parts: `MEANING. Default: WHAT. Example: WHAT.`, of which the last two may be missing. */
const sentences = /^(?<meaning>.*?)(?: Default:? (?<byDefault>.*?)\.)?(?: Example: (?<example>.*)\.)?$/s
