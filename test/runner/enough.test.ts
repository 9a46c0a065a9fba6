import * as assert from 'uvu/assert'
import type { Until } from '../../src/playbook/until.ts'
import { enoughBy } from '../../src/runner/enough.ts'
import { resultJson, withFolder } from '../fixtures/made-run.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/enough')

const until: Until = {
  text: '',
  level: 0.95,
  flows: '*',
  hosts: '*',
  figure: 'rtt',
  statistic: 'mean',
  within: { share: 0.05 },
}

/** Whether the configuration is precise enough after each of these cells: values of the flows a and b. */
const after = (cells: readonly (readonly [string, string])[], rule: Partial<Until> = {}): Promise<boolean[]> =>
  withFolder(
    Object.fromEntries(
      cells.map(([a, b], i) => {
        const flow = (name: string, from: string, mean: string) => {
          return { name, from, to: 'C', tool: 'ping', figures: { 'rtt.mean': mean } }
        }
        return [`cells/x=1@${i + 1}/result.json`, resultJson({ flows: [flow('a', 'A', a), flow('b', 'B', b)] })]
      }),
    ),
    folder => {
      const enough = enoughBy({ ...until, ...rule }, folder)
      return cells.map((_, i) => {
        enough.note(`x=1@${i + 1}`, `cells/x=1@${i + 1}`)
        return enough.isEnough({ id: 'x=1' })
      })
    },
  )

const steady = ['100', '101'] as const

test('three cells that agree are enough, two are not', async () => {
  assert.equal(await after([steady, steady, steady, steady]), [false, false, true, true])
})

test('every flow that is meant has to be that precise', async () => {
  const wild = [
    ['100', '50'],
    ['100', '150'],
    ['100', '100'],
  ] as const
  assert.equal(await after(wild), [false, false, false])
  assert.equal(await after(wild, { flows: 'a' }), [false, false, true])
  assert.equal(await after(wild, { hosts: 'A' }), [false, false, true])
  assert.equal(await after(wild, { within: { amount: 200 } }), [false, false, true])
})

test('without values, and of another configuration, nothing is enough', async () => {
  assert.equal(await after([steady, steady, steady], { figure: 'jitter' }), [false, false, false])
  const enough = enoughBy(until, '/nowhere')
  enough.note('x=1@1', 'cells/x=1@1')
  assert.is(enough.isEnough({ id: 'x=1' }), false)
  assert.is(enoughBy(undefined, '/nowhere').isEnough({ id: 'x=1' }), false)
})

test.run()
