import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { type Cell, cellsOf, configurationsOf, passesOf, selectCells } from '../../src/playbook/cells.ts'
import type { Matrix } from '../../src/playbook/matrix.ts'
import { fromValue, type Value } from '../../src/source/node.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/cells')

const at = { file: 'p.yml', line: 1, column: 1 }
const setting = (path: string, value: Value) => ({ path: path.split('.'), value: fromValue(value, at), at })
const grid = (paths: readonly string[], rows: readonly (readonly Value[])[]): Matrix =>
  rows.map(row => row.map((value, i) => setting(paths[i] ?? '', value)))
const ids = (matrix: Matrix) => configurationsOf(matrix).map(({ id }) => id)
const two = configurationsOf(
  grid(
    ['iperf3.parallel', 'flows.a.frame-size'],
    [
      [1n, 64n],
      [1n, 1500n],
      [2n, 64n],
    ],
  ),
)
const names = (cells: readonly Cell[]) => cells.map(({ id }) => id)

test('a name has the shortest end of each path that tells it apart', () => {
  assert.equal(ids(grid(['iperf3.parallel'], [[1n]])), ['parallel=1'])
  assert.equal(ids(grid(['flows.a.rate', 'flows.b.rate', 'vars.x'], [['1M', '2M', true]])), [
    'a.rate=1M,b.rate=2M,x=true',
  ])
  assert.equal(ids(grid(['rate', 'vars.rate'], [[1n, 2n]])), ['rate=1,vars.rate=2'])
})

test('a value that is no name of a file gets a digest, which no other cell changes', () => {
  const [path, spaced, list, long] = ids(grid(['vars.x'], [['a/b'], ['a b'], [[1n, 2n]], ['y'.repeat(300)]])) as [
    string,
    string,
    string,
    string,
  ]
  assert.equal([path, spaced], ['x=a-b~f6af7c46', 'x=a-b~138a4617'])
  assert.match(list, /^x=-1-2-~[0-9a-f]{8}$/)
  assert.is(long.length, 129)
  assert.equal(ids(grid(['vars.x'], [['a/b']])), [path])
})

test('names are fit for files and differ, whatever the values', () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.string()))
  fc.assert(
    fc.property(fc.uniqueArray(value, { selector: each => JSON.stringify(String(each)), minLength: 1 }), values => {
      const made = ids(
        grid(
          ['vars.x'],
          values.map(each => [each as Value]),
        ),
      )
      assert.is(new Set(made).size, values.length)
      for (const id of made) assert.match(id, /^[A-Za-z0-9=,._+~-]{1,129}$/)
    }),
  )
})

test('a pass runs every configuration once, warm-ups first', () => {
  assert.equal(names(cellsOf(two.slice(0, 2), { repeat: 2, warmup: 1, seed: undefined })), [
    'parallel=1,frame-size=64@w1',
    'parallel=1,frame-size=1500@w1',
    'parallel=1,frame-size=64@1',
    'parallel=1,frame-size=1500@1',
    'parallel=1,frame-size=64@2',
    'parallel=1,frame-size=1500@2',
  ])
})

test('the order of a seed never changes', () => {
  const three = configurationsOf(grid(['vars.x'], [[1n], [2n], [3n], [4n], [5n]]))
  const order = (seed: number) =>
    [...passesOf(three, { repeat: 3, warmup: 0, seed })].map(pass => pass.map(({ number }) => number).join(' '))
  // Frozen: a run that is resumed goes on in the order of its seed.
  assert.equal(order(42), ['2 4 3 1 5', '6 7 10 8 9', '14 13 11 15 12'])
  assert.not.equal(order(43), order(42))
})

test('more repetitions do not change the passes before', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 2 }), (seed, repeat, warmup) => {
      const all = names(cellsOf(two, { repeat: repeat + 3, warmup, seed }))
      const some = names(cellsOf(two, { repeat, warmup, seed }))
      assert.equal(all.slice(0, some.length), some)
      assert.is(new Set(all).size, all.length)
    }),
  )
})

test('cells are selected by number, by name and by what they hold', () => {
  const cells = cellsOf(two, { repeat: 2, warmup: 0, seed: undefined })
  const cases: [string, number[]][] = [
    ['2', [2]],
    ['2-4', [2, 3, 4]],
    ['parallel=1', [1, 2, 4, 5]],
    ['iperf3.parallel=2', [3, 6]],
    ['frame-size=64,parallel=1', [1, 4]],
    ['frame-size=*0', [2, 5]],
    ['parallel=1,frame-size=64@2', [4]],
    ['parallel=1@1', [1, 2]],
    ['@2', [4, 5, 6]],
    ['parallel=1*@2', [4, 5]],
  ]
  for (const [selector, numbers] of cases) {
    const selected = selectCells(cells, [selector]).map(({ number }) => number)
    assert.equal(selected, numbers, selector)
  }
  assert.equal(
    selectCells(cells, ['6', '1']).map(({ number }) => number),
    [1, 6],
    'in the order of the cells',
  )
})

test('selected cells bring their warm-ups, and keep the order of the shuffle', () => {
  const cells = cellsOf(two, { repeat: 2, warmup: 1, seed: 9 })
  const selected = selectCells(cells, ['parallel=2'])
  assert.equal(names(selected), [
    'parallel=2,frame-size=64@w1',
    'parallel=2,frame-size=64@1',
    'parallel=2,frame-size=64@2',
  ])
  assert.equal(names(selectCells(cells, ['*'])), names(cells))
})

test('a selector that selects nothing is a mistake', () => {
  const cells = cellsOf(two, { repeat: 1, warmup: 0, seed: undefined })
  const message = (selector: string) => {
    try {
      selectCells(cells, [selector])
    } catch (error) {
      const { message: text, hint } = error as { message: string; hint?: string }
      return `${text} (${hint})`
    }
    return 'nothing'
  }
  assert.is(message('paralel=1'), "--only-cells: no cell is 'paralel=1' (did you mean 'parallel=1'?)")
  assert.is(message('4'), "--only-cells: no cell is '4' (there are 3 cells, counted from 1)")
  assert.match(message('parallel=1,frame-size=65'), /no cell is/)
})

test.run()
