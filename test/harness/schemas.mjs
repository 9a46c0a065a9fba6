// Compiles every schema that the sources check something with, so that programs need not do it each time they start.
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'

/** Those files that ask for schemas, and what compiles them. */
const entry = `
import './src/playbook/check-playbook.ts'
import './src/limits/read.ts'
import './src/cli/lab-file.ts'
export { asked } from './src/source/check.ts'
export { compilerFor } from './src/source/compile.ts'
`

/** In place of src/source/check.ts: writes down what is asked for. */
const recorder = `
export const asked = []
export const schemaChecker = (schema, parts) => { asked.push({ schema, parts }); return () => [] }
`

/** In place of src/source/compile.ts in the programs. Each is read when it is needed; they lie beside the programs. */
const finder = `
import { createRequire } from 'node:module'
const beside = createRequire(import.meta.url)
export const compile = ({ $id }) => beside('./schemas/' + $id + '.cjs')
`

/** For esbuild: leaves a file of the sources out for another text. */
const inPlaceOf = (name, contents) => ({
  name: `instead of ${name}`,
  setup: ({ onLoad }) =>
    onLoad({ filter: new RegExp(`/src/source/${name}\\.ts$`) }, () => ({ contents, loader: 'js' })),
})

export const findsCompiled = inPlaceOf('compile', finder)

/** Writes them below the folder of the programs, each by itself. */
export async function compileSchemas(dist) {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: '.', loader: 'ts' },
    plugins: [inPlaceOf('check', recorder)],
    ...{ bundle: true, write: false, format: 'cjs', platform: 'node', packages: 'external', logLevel: 'warning' },
  })
  const require = createRequire(join(process.cwd(), 'package.json'))
  const module = { exports: {} }
  new Function('module', 'exports', 'require', outputFiles[0].text)(module, module.exports, require)
  const { asked, compilerFor } = module.exports
  const { default: standaloneCode } = require('ajv/dist/standalone')
  const folder = join(dist, 'schemas')
  await mkdir(folder, { recursive: true })
  const names = new Set(asked.map(({ schema }) => schema.$id))
  if (names.size !== asked.length || names.has(undefined)) throw new Error('every schema needs an $id of its own')
  for (const { schema, parts } of asked) {
    const ajv = compilerFor(parts, { source: true })
    await writeFile(join(folder, `${schema.$id}.cjs`), await whole(standaloneCode(ajv, ajv.compile(schema))))
  }
}

/** With what it asks of ajv itself: it is to work where no packages are. */
async function whole(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '.', loader: 'js' },
    ...{ bundle: true, write: false, format: 'cjs', platform: 'node', logLevel: 'warning' },
  })
  return outputFiles[0].text
}
