import { Ajv } from 'ajv'
import * as assert from 'uvu/assert'
import { kinds } from '../../src/playbook/kinds.ts'
import { readOption } from '../../src/playbook/options.ts'
import { parseDocument } from '../../src/source/document.ts'
import { newFindings } from '../../src/source/findings.ts'
import { toValue } from '../../src/source/node.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/kinds')

const values: readonly (readonly ['size' | 'rate', string, bigint | undefined])[] = [
  ['size', '1500B', 1500n],
  ['size', '64k', 64_000n],
  ['size', '64Ki', 65_536n],
  ['size', '1.5MiB', 1_572_864n],
  ['size', '0', 0n],
  ['size', '1500', undefined],
  ['size', '64x', undefined],
  ['rate', '100M', 100_000_000n],
  ['rate', '900Mbit/s', 900_000_000n],
  ['rate', '9600bps', 9600n],
  ['rate', '0', 0n],
  ['rate', '100', undefined],
  ['rate', '100MB/s', undefined],
]

test('sizes and rates are read with their unit, and a bare number is no mistake only when it is zero', () => {
  for (const [kind, text, value] of values) {
    const findings = newFindings()
    const read = readOption('x', { kind, end: 'both', summary: 'S.' }, parseDocument('f', text), findings)
    assert.is(read, value, text)
    assert.is(findings.all().length, value === undefined ? 1 : 0, text)
  }
})

test('the schema of a kind takes and refuses the same values', () => {
  const ajv = new Ajv({ strict: false })
  for (const [kind, text, value] of values) {
    const node = toValue(parseDocument('f', text))
    const plain = typeof node === 'bigint' ? Number(node) : node
    assert.is(ajv.validate(kinds[kind].schema, plain), value !== undefined, `${kind} ${text}`)
  }
})

test('a limit is said in its unit', () => {
  const findings = newFindings()
  readOption('x', { kind: 'rate', end: 'both', summary: 'S.', max: 1_000_000n }, parseDocument('f', '2M'), findings)
  assert.is(findings.all()[0]?.message, "x: expected at most 1Mbit/s, got '2M'")
})

test.run()
