import { _, Ajv, type KeywordCxt, type ValidateFunction } from 'ajv'

export type JsonSchema = { readonly [key: string]: unknown }

/** Quick to compile rather than quick to run: a file is checked once. Tests hold the schemas against draft 7. */
const options = {
  ...{ allErrors: true, verbose: true, strict: true, strictTypes: false, strictRequired: false },
  ...{ validateSchema: false, meta: false, inlineRefs: false },
} as const

/**
 * The function that checks values against a schema of draft 7; `parts` are those that it refers to by `$id`. The programs do
 * without this file: the build puts functions in its place that it has compiled of every schema that is checked anywhere, as
 * compiling takes longer than all the rest of a check.
 */
export const compile = (schema: JsonSchema, parts: readonly JsonSchema[]): ValidateFunction =>
  compilerFor(parts, {}).compile(schema)

/** `source`: so that what it compiles can be written down. */
export function compilerFor(parts: readonly JsonSchema[], code: { readonly source?: boolean }): Ajv {
  const ajv = new Ajv({ ...options, code: { ...code, optimize: false } })
  ajv.addVocabulary(['doNotSuggest'])
  ajv.removeKeyword('uniqueItems')
  ajv.addKeyword({
    ...{ keyword: 'uniqueItems', type: 'array', schemaType: 'boolean', code: uniqueItems },
    error: { message: 'is there twice', params: ({ params: { i, j } }) => _`{i: ${i}, j: ${j}}` },
  })
  for (const part of parts) ajv.addSchema(part)
  return ajv
}

/**
 * Looks at scalars only, of which our lists are: ajv's own keyword asks values for methods, which a mapping of a stranger's file
 * lacks, or has as a key. One of those that are there twice is told.
 */
function uniqueItems(cxt: KeywordCxt): void {
  const { gen, data, schema } = cxt
  if (schema !== true) return
  const seen = gen.const('seen', _`new Map()`)
  gen.forRange('i', 0, _`${data}.length`, i => {
    const item = gen.const('item', _`${data}[${i}]`)
    const j = gen.const('j', _`typeof ${item} === "object" ? undefined : ${seen}.get(${item})`)
    cxt.setParams({ i, j })
    gen.if(_`${j} !== undefined`, () => {
      cxt.error()
      gen.break()
    })
    gen.code(_`${seen}.set(${item}, ${i})`)
  })
}
