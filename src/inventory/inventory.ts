import type { Place } from '../errors/error.ts'

/** What the sources said, merged. Values are as written: templates are evaluated by whoever uses them. */
export interface Inventory {
  /** Every host, in declared order. */
  readonly hosts: readonly InventoryHost[]
  /** Every group, `all` and `ungrouped` included, in order of first mention, with its hosts. */
  readonly groups: ReadonlyMap<string, readonly InventoryHost[]>
  /** Ansible's host patterns; `limit` is a second pattern that the result is intersected with. */
  select(pattern: string, limit?: string): Selection
  readonly warnings: readonly string[]
}

export interface Selection {
  readonly hosts: readonly InventoryHost[]
  /** Parts of the pattern that matched nothing, in words. */
  readonly warnings: readonly string[]
}

export interface InventoryHost {
  readonly name: string
  /** Sorted, without `all`; `ungrouped` included. */
  readonly groupNames: readonly string[]
  /** All levels merged by precedence, magic variables not included. */
  readonly vars: ReadonlyMap<string, InventoryVariable>
  /** Where the host was first named. */
  readonly at: Place
}

export interface InventoryVariable {
  /** null, boolean, bigint (every integer), number (floats), string, array or Map/plain object of these. */
  readonly value: unknown
  /** The written form, where it says more than the value: `0xdead`, `0.000000100`. */
  readonly written?: string
  readonly at: Place
}
