import type { ErrorObject, ValidateFunction } from 'ajv'
import type { Place, Problem } from '../errors/error.ts'
import { didYouMean, suggest } from '../errors/suggest.ts'
import { compile, type JsonSchema } from './compile.ts'
import { expected, limits, show } from './expected.ts'
import { entry, itemsOf, type SourceNode, toValue, type Value } from './node.ts'

export type { JsonSchema } from './compile.ts'

/** Checks documents against one schema of draft 7; `parts` are the schemas that it refers to by `$id`. */
export function schemaChecker(schema: JsonSchema, parts: readonly JsonSchema[]): (root: SourceNode) => Problem[] {
  let validate: ValidateFunction | undefined
  return root => {
    validate ??= compile(schema, parts)
    if (validate(plain(toValue(root)))) return []
    return (validate.errors ?? []).flatMap(error => explainIn(root, error, validate?.errors ?? []) ?? [])
  }
}

/** JSON knows no bigint; a schema asks for its kind and small limits only, so a rounded number will do. */
function plain(value: Value): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(plain)
  const made: Record<string, unknown> = Object.create(null)
  for (const [key, each] of Object.entries(value)) made[key] = plain(each)
  return made
}

interface Finding {
  readonly code: Problem['code']
  readonly message: string
  readonly hint?: string | undefined
  /** Where it is to be said when not at the value itself. */
  readonly at?: Place | undefined
}

/** An ajv error with the node that it is about. */
interface Situation {
  readonly error: ErrorObject
  readonly node: SourceNode
  readonly keyAt: Place | undefined
  readonly params: Readonly<Record<string, unknown>>
  readonly schema: JsonSchema
  readonly all: readonly ErrorObject[]
}

function explainIn(root: SourceNode, error: ErrorObject, all: readonly ErrorObject[]): Problem | undefined {
  const { node, keyAt } = find(root, error.instancePath)
  // What is wrong with a key is said once, by `propertyNames`; a choice of keys by whoever reads them.
  if (error.propertyName !== undefined || /\/(?:oneOf|anyOf)\//.test(error.schemaPath)) return undefined
  const schema = (error.parentSchema ?? {}) as JsonSchema
  const explained = explain[error.keyword]?.({ error, node, keyAt, params: error.params, schema, all })
  if (explained === undefined) return undefined
  const empty = node.kind === 'scalar' && node.value === null
  return { ...explained, at: explained.at ?? (empty ? keyAt : undefined) ?? node.at }
}

/** One entry per keyword of the schemas. No entry: the keyword only repeats what another one says better. */
const explain: Readonly<Record<string, (situation: Situation) => Finding | undefined>> = {
  additionalProperties: ({ node, params, schema }) => {
    const key = String(params['additionalProperty'])
    return {
      code: 'SCHEMA_UNKNOWN_KEY',
      message: `there is no key '${key}' here`,
      hint: didYouMean(key, knownKeys(schema)),
      at: entry(node, key)?.key,
    }
  },

  // Every missing key is an error of its own for ajv; the first one speaks for all.
  required: ({ error, params, schema, all }) => {
    const siblings = all.filter(each => each.keyword === 'required')
    const missing = siblings.filter(each => each.instancePath === error.instancePath && !isMisspelt(each, all))
    if (missing[0] !== error) return undefined
    const names = missing.map(each => `'${each.params['missingProperty']}'`).join(', ')
    const message = `the key${missing.length > 1 ? 's' : ''} ${names} ${missing.length > 1 ? 'are' : 'is'} missing`
    return { code: 'SCHEMA_MISSING_KEY', message, hint: describe(schema, String(params['missingProperty'])) }
  },

  type: ({ error, node, schema }) => ({
    code: 'SCHEMA_TYPE',
    message: expected(titleOf(schema) ?? kinds(error.schema as string | string[]), node),
    hint: typeHint(error.schema as string | string[], node),
  }),

  enum: ({ error, node }) => {
    const words = (error.schema as unknown[]).map(String)
    const got = node.kind === 'scalar' ? String(node.value) : ''
    const near = suggest(got, words)
    const hint = near === undefined ? undefined : `did you mean '${near}'?`
    return { code: 'SCHEMA_VALUE', message: expected(words.join(' or '), node), hint }
  },

  pattern: ({ node, schema }) =>
    value(
      expected(titleOf(schema) ?? `a text like ${schema['pattern']}`, node),
      typeHint(schema['type'] as string[], node),
    ),
  const: ({ error, node, schema }) => value(expected(titleOf(schema) ?? String(error.schema), node)),
  minimum: ({ node, schema }) => value(expected(range(schema), node)),
  maximum: ({ node, schema }) => value(expected(range(schema), node)),
  minLength: ({ node, schema }) => value(expected(titleOf(schema) ?? 'a text', node)),
  uniqueItems: ({ node, params }) => {
    const item = itemsOf(node)[Math.max(Number(params['i']), Number(params['j']))]
    return { code: 'SCHEMA_VALUE', message: `${show(item ?? node)} stands here twice`, at: item?.at }
  },
  minItems: ({ node }) => value(`this list is empty`, 'name at least one', node),
  minProperties: ({ node }) => value(`this mapping is empty`, 'name at least one', node),
  maxProperties: ({ node, schema }) => value(expected(titleOf(schema) ?? 'fewer keys', node)),

  // A key that exists elsewhere but is not the author's to set here; its description says why.
  not: ({ node, schema, keyAt }) =>
    schema['doNotSuggest'] === true
      ? { code: 'SCHEMA_UNKNOWN_KEY', message: String(schema['description']), at: keyAt }
      : value(expected(titleOf(schema) ?? 'another value', node)),

  propertyNames: ({ error, node, params }) => {
    const key = String(params['propertyName'])
    return {
      code: 'SCHEMA_VALUE',
      message: `'${key}' cannot be a name here: a name is made of ${titleOf(error.schema as JsonSchema)}`,
      at: entry(node, key)?.key,
    }
  },
}

/** A key that stands there misspelt is not missing as well. */
function isMisspelt({ instancePath, params }: ErrorObject, all: readonly ErrorObject[]): boolean {
  const unknown = all.filter(each => each.keyword === 'additionalProperties' && each.instancePath === instancePath)
  const missing = String(params['missingProperty'])
  return unknown.some(each => suggest(String(each.params['additionalProperty']), [missing]) !== undefined)
}

const value = (message: string, hint?: string, node?: SourceNode): Finding => ({
  code: 'SCHEMA_VALUE',
  message,
  ...(hint === undefined ? {} : { hint }),
  ...(node === undefined ? {} : { at: node.at }),
})

const titleOf = (schema: JsonSchema) => schema['title'] as string | undefined

const range = (schema: JsonSchema) =>
  limits(schema['minimum'] as number | undefined, schema['maximum'] as number | undefined)

/** The keys that one may write: a key whose schema is `not` is only known in order to be refused. */
function knownKeys(schema: JsonSchema): string[] {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>)
  return properties.filter(([, each]) => each['doNotSuggest'] !== true).map(([key]) => key)
}

function describe(schema: JsonSchema, key: string): string | undefined {
  const properties = (schema['properties'] ?? {}) as Record<string, JsonSchema>
  const description = properties[key]?.['description']
  return typeof description === 'string' ? `${key}: ${firstSentence(description)}` : undefined
}

const firstSentence = (text: string) => /^.*?[.](?=\s|$)/s.exec(text)?.[0] ?? text

const words: Readonly<Record<string, string>> = {
  object: 'a mapping',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'nothing',
}

const kinds = (types: string | string[]) =>
  [types]
    .flat()
    .map(type => words[type] ?? type)
    .join(' or ')

function typeHint(types: string | string[], node: SourceNode): string | undefined {
  const text = node.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined
  if (text === undefined || !types.includes('boolean')) return undefined
  if (/^(yes|on)$/i.test(text)) return `${show(node)} is a text in YAML 1.2: write true`
  return /^(no|off)$/i.test(text) ? `${show(node)} is a text in YAML 1.2: write false` : undefined
}

/** The node that a JSON pointer (RFC 6901) leads to, and the place of its key. */
function find(root: SourceNode, pointer: string): { node: SourceNode; keyAt: Place | undefined } {
  let node = root
  let keyAt: Place | undefined
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    const found = node.kind === 'mapping' ? node.entries.get(name) : undefined
    keyAt = found?.key
    node = found?.value ?? (node.kind === 'list' ? node.items[Number(name)] : undefined) ?? node
  }
  return { node, keyAt }
}
