import fc from 'fast-check'
import * as assert from 'uvu/assert'
import {
  ascending,
  fromSorted,
  get,
  type Order,
  remove,
  set,
  type Tree,
  valueAt,
  valuesFrom,
} from '../../src/book/tree.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('book/tree')

const order: Order<number, string, string> = { compare: ascending, sumOf: value => value, add: (a, b) => a + b }
const key = fc.integer({ min: 0, max: 60 })
const changes = fc.array(fc.tuple(fc.boolean(), key), { maxLength: 200 })

const apply = (list: readonly (readonly [boolean, number])[]) => {
  const model = new Map<number, string>()
  let tree: Tree<number, string, string>
  for (const [add, at] of list) {
    tree = add ? set(order, tree, at, `<${at}>`) : remove(order, tree, at)
    if (add) model.set(at, `<${at}>`)
    else model.delete(at)
  }
  return { tree, sorted: [...model].sort(([a], [b]) => a - b) }
}

test('it holds what a sorted map holds, and the sum of its values in their order', () => {
  fc.assert(
    fc.property(changes, key, (list, at) => {
      const { tree, sorted } = apply(list)
      assert.equal(
        [...valuesFrom(order, tree)],
        sorted.map(([, value]) => value),
      )
      assert.equal(
        [...valuesFrom(order, tree, at)],
        sorted.filter(([each]) => each >= at).map(([, value]) => value),
      )
      assert.is(tree?.sum ?? '', sorted.map(([, value]) => value).join(''))
      assert.is(get(order, tree, at), new Map(sorted).get(at))
      assert.is(valueAt(order, tree, at), sorted.filter(([each]) => each <= at).at(-1)?.[1])
      assert.is(tree?.size ?? 0, sorted.length)
    }),
  )
})

test('it stays balanced: no side weighs more than three times the other', () => {
  const weight = (tree: Tree<number, string, string>) => (tree?.size ?? 0) + 1
  const check = (tree: Tree<number, string, string>): void => {
    if (tree === undefined) return
    assert.ok(weight(tree.left) <= 3 * weight(tree.right) && weight(tree.right) <= 3 * weight(tree.left))
    check(tree.left)
    check(tree.right)
  }
  fc.assert(fc.property(changes, list => check(apply(list).tree)))
  const ascendingly = Array.from({ length: 2000 }, (_, at) => [true, at] as const)
  check(apply(ascendingly).tree)
})

test('an older tree does not change', () => {
  fc.assert(
    fc.property(changes, changes, (first, more) => {
      const { tree, sorted } = apply(first)
      let later = tree
      for (const [add, at] of more) later = add ? set(order, later, at, 'x') : remove(order, later, at)
      assert.equal(
        [...valuesFrom(order, tree)],
        sorted.map(([, value]) => value),
      )
    }),
  )
})

test('one made at once is like one made step by step', () => {
  const values = Array.from({ length: 100 }, (_, at) => String(at))
  const made = fromSorted(order, values, Number)
  assert.equal([...valuesFrom(order, made)], values)
  assert.is(made?.sum, values.join(''))
})

test.run()
