/**
 * A sorted map as a persistent weight-balanced tree (Adams; the bounds of Hirai and Yamamoto 2011, 3 and 2): `set` and
 * `remove` give a new tree that shares all but a path with the old one. Every subtree knows a sum of its values, such as a
 * count or a maximum, so that questions about ranges take a logarithmic walk.
 */
export type Tree<K, V, S> = Node<K, V, S> | undefined

export interface Node<K, V, S> {
  readonly key: K
  readonly value: V
  readonly left: Tree<K, V, S>
  readonly right: Tree<K, V, S>
  readonly size: number
  readonly sum: S
}

/** How keys are ordered and values summed; `add` is associative, in the order of the keys. */
export interface Order<K, V, S> {
  readonly compare: (a: K, b: K) => number
  readonly sumOf: (value: V) => S
  readonly add: (left: S, right: S) => S
}

export function get<K, V, S>({ compare }: Order<K, V, S>, tree: Tree<K, V, S>, key: K): V | undefined {
  let node = tree
  while (node !== undefined) {
    const side = compare(key, node.key)
    if (side === 0) return node.value
    node = side < 0 ? node.left : node.right
  }
  return undefined
}

export function set<K, V, S>(order: Order<K, V, S>, tree: Tree<K, V, S>, key: K, value: V): Node<K, V, S> {
  if (tree === undefined) return node(order, undefined, key, value, undefined)
  const side = order.compare(key, tree.key)
  if (side === 0) return node(order, tree.left, key, value, tree.right)
  return side < 0
    ? balanced(order, set(order, tree.left, key, value), tree, tree.right)
    : balanced(order, tree.left, tree, set(order, tree.right, key, value))
}

export function remove<K, V, S>(order: Order<K, V, S>, tree: Tree<K, V, S>, key: K): Tree<K, V, S> {
  if (tree === undefined) return undefined
  const side = order.compare(key, tree.key)
  if (side < 0) return balanced(order, remove(order, tree.left, key), tree, tree.right)
  if (side > 0) return balanced(order, tree.left, tree, remove(order, tree.right, key))
  if (tree.left === undefined) return tree.right
  if (tree.right === undefined) return tree.left
  const heir = first(tree.right)
  return balanced(order, tree.left, heir, remove(order, tree.right, heir.key))
}

/** Out of values whose keys ascend. */
export function fromSorted<K, V, S>(
  order: Order<K, V, S>,
  values: readonly V[],
  keyOf: (value: V) => K,
): Tree<K, V, S> {
  const build = (from: number, to: number): Tree<K, V, S> => {
    if (from >= to) return undefined
    const middle = (from + to) >> 1
    const value = values[middle] as V // middle lies within
    return node(order, build(from, middle), keyOf(value), value, build(middle + 1, to))
  }
  return build(0, values.length)
}

/** The values whose keys are at least `from`, ascending; all of them without it. */
export function* valuesFrom<K, V, S>(order: Order<K, V, S>, tree: Tree<K, V, S>, from?: K): Generator<V> {
  const path: Node<K, V, S>[] = []
  let here = tree
  while (here !== undefined || path.length > 0) {
    for (; here !== undefined; ) {
      const inRange: boolean = from === undefined || order.compare(here.key, from) >= 0
      if (inRange) path.push(here)
      here = inRange ? here.left : here.right
    }
    const top = path.pop()
    if (top === undefined) return
    yield top.value
    here = top.right
  }
}

/** The value of the largest key that is at most `key`. */
export function valueAt<K, V, S>({ compare }: Order<K, V, S>, tree: Tree<K, V, S>, key: K): V | undefined {
  let [node, found] = [tree, undefined as V | undefined]
  while (node !== undefined) {
    const inRange = compare(node.key, key) <= 0
    if (inRange) found = node.value
    node = inRange ? node.right : node.left
  }
  return found
}

export const sizeOf = <K, V, S>(tree: Tree<K, V, S>): number => tree?.size ?? 0

/** For trees that are only looked up. */
export const byName = <V>(): Order<string, V, undefined> => ({ compare: ascending, sumOf: nothing, add: nothing })
export const ascending = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)
const nothing = () => undefined

function node<K, V, S>(
  { sumOf, add }: Order<K, V, S>,
  left: Tree<K, V, S>,
  key: K,
  value: V,
  right: Tree<K, V, S>,
): Node<K, V, S> {
  const own = sumOf(value)
  const upTo = left === undefined ? own : add(left.sum, own)
  const sum = right === undefined ? upTo : add(upTo, right.sum)
  return { key, value, left, right, size: sizeOf(left) + sizeOf(right) + 1, sum }
}

interface Pair<K, V> {
  readonly key: K
  readonly value: V
}

/** A node out of parts of which one may have become heavier or lighter by one. */
function balanced<K, V, S>(
  order: Order<K, V, S>,
  left: Tree<K, V, S>,
  { key, value }: Pair<K, V>,
  right: Tree<K, V, S>,
): Node<K, V, S> {
  if (right !== undefined && weight(right) > 3 * weight(left)) return leftwards(order, left, { key, value }, right)
  if (left !== undefined && weight(left) > 3 * weight(right)) return rightwards(order, left, { key, value }, right)
  return node(order, left, key, value, right)
}

const weight = <K, V, S>(tree: Tree<K, V, S>) => sizeOf(tree) + 1

function leftwards<K, V, S>(
  order: Order<K, V, S>,
  left: Tree<K, V, S>,
  { key, value }: Pair<K, V>,
  right: Node<K, V, S>,
): Node<K, V, S> {
  const inner = right.left
  if (inner === undefined || weight(inner) < 2 * weight(right.right))
    return node(order, node(order, left, key, value, inner), right.key, right.value, right.right)
  const outer = node(order, inner.right, right.key, right.value, right.right)
  return node(order, node(order, left, key, value, inner.left), inner.key, inner.value, outer)
}

function rightwards<K, V, S>(
  order: Order<K, V, S>,
  left: Node<K, V, S>,
  { key, value }: Pair<K, V>,
  right: Tree<K, V, S>,
): Node<K, V, S> {
  const inner = left.right
  if (inner === undefined || weight(inner) < 2 * weight(left.left))
    return node(order, left.left, left.key, left.value, node(order, inner, key, value, right))
  const outer = node(order, left.left, left.key, left.value, inner.left)
  return node(order, outer, inner.key, inner.value, node(order, inner.right, key, value, right))
}

function first<K, V, S>(tree: Node<K, V, S>): Node<K, V, S> {
  let node = tree
  while (node.left !== undefined) node = node.left
  return node
}
