import { execFileSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import lab from '../../schemas/lab.schema.json' with { type: 'json' }
import limits from '../../schemas/limits.schema.json' with { type: 'json' }
import nuttcp from '../../schemas/nuttcp.schema.json' with { type: 'json' }
import steps from '../../schemas/steps.schema.json' with { type: 'json' }
import values from '../../schemas/values.schema.json' with { type: 'json' }
import { compile, type JsonSchema } from '../../src/source/compile.ts'
import { commandAt, withFolder } from '../fixtures/command.ts'
import { lockstepProgram } from '../fixtures/lab-process.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('schemas that the build has compiled')
const folder = resolve(lockstepProgram, '../../dist/schemas')
const built = (id: string) => createRequire(import.meta.url)(join(folder, `${id}.cjs`))

/** Values with keys that the schema knows, and some that it does not. */
const valuesFor = (schema: JsonSchema) => {
  const keys = [...JSON.stringify(schema).matchAll(/"(\w[\w-]*)":/g)].map(([, key = '']) => key)
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constantFrom(...keys))
  return fc.letrec(tie => ({
    value: fc.oneof(
      { maxDepth: 4 },
      scalar,
      fc.array(tie('value')),
      fc.dictionary(fc.constantFrom(...keys), tie('value')),
    ),
  })).value
}

for (const schema of [lab, limits, nuttcp, steps] as readonly (JsonSchema & { readonly $id: string })[])
  test(`${schema.$id} finds what ajv finds`, () => {
    const [own, asked] = [built(schema.$id), compile(schema, [values])]
    fc.assert(
      fc.property(valuesFor(schema), value => {
        assert.is(own(value), asked(value))
        assert.equal(own.errors, asked.errors)
      }),
      { numRuns: 200 },
    )
  })

test('the program says of a file what the sources say', () =>
  withFolder({}, async cwd => {
    const flows = 'flows: {f: {from: A, to: B, tool: iperf3, iperf3: {tme: 1s}, x: 1}}'
    writeFileSync(
      join(cwd, 'bad.yml'),
      `hosts: {A: h1, B: h2}\n${flows}\nsync: {gate: {offset: 1, require: [ptp, ptp]}}\n`,
    )
    const { stderr, code } = await commandAt(cwd, ['check', 'bad.yml'])
    assert.is(code, 2)
    assert.is(stderr.match(/\[SCHEMA_/g)?.length, 4, stderr)
    const said = (() => {
      try {
        return execFileSync(process.execPath, [lockstepProgram, 'check', 'bad.yml'], { cwd, stdio: 'pipe' })
      } catch (error) {
        return (error as { stderr: Buffer }).stderr
      }
    })()
    assert.is(String(said), stderr)
  }))

test('there is one of every schema that is checked', () => {
  const names = readdirSync(folder)
  for (const name of ['playbook', 'steps', 'limits', 'lab', 'ping', 'receiver-of-iperf3'])
    assert.ok(names.includes(`${name}.schema.json.cjs`), name)
})

test.run()
