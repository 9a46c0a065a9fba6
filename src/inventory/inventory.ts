import type { Place } from '../errors/error.ts'
import type { EncryptedValue } from './encrypted.ts'

/** What the sources said, merged. Values are as written: templates are evaluated by whoever uses them. */
export interface Inventory {
  /** Every host, in declared order. */
  readonly hosts: readonly InventoryHost[]
  /** Every group, `all` and `ungrouped` included, in order of first mention, with its hosts. */
  readonly groups: ReadonlyMap<string, readonly InventoryHost[]>
  /** Ansible's host patterns; `limit` is a second pattern that the result is intersected with. */
  select(pattern: string, limit?: string): Selection
  /** The text of a value that a vault encrypts. Throws INVENTORY_VAULT. */
  reveal(value: EncryptedValue): string
  readonly warnings: readonly string[]
}

/** An inventory with what lists and graphs show besides. */
export interface LoadedInventory extends Inventory {
  /** Every group in order of first mention, with the names of its own hosts and its children. */
  readonly structure: ReadonlyMap<string, InventoryGroup>
}

export interface InventoryGroup {
  readonly hosts: readonly string[]
  readonly children: readonly string[]
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
  /** Everything that was said of a variable: the value that counts first, then what it replaces. */
  historyOf(variable: string): readonly Saying[]
  /** Where the host was first named. */
  readonly at: Place
  /** The file that named it first; undefined for a list on the command line and the implicit local host. */
  readonly file?: string | undefined
}

export interface Saying {
  /** In words: `all`, `group bench`, `host n1`. */
  readonly owner: string
  readonly variable: InventoryVariable
}

export interface InventoryVariable {
  /**
   * null, boolean, bigint (every integer), number (floats), string, array or object without prototype of these; or an
   * EncryptedValue, which throws when it is used as a text.
   */
  readonly value: unknown
  /** The written form, where it says more than the value: `0xdead`, `0.000000100`. */
  readonly written?: string
  /** Written forms inside a list or object, by JSON pointer: `/flows/0/etype`. */
  readonly writtenWithin?: ReadonlyMap<string, string>
  /** Tagged `!unsafe`: `{{` in it is text, not a template. */
  readonly unsafe?: boolean
  /** From a file that a vault encrypts: nothing but passwords may use it. */
  readonly secret?: boolean
  /** What the same owner said before, at the same level of precedence. */
  readonly over?: InventoryVariable
  readonly at: Place
}
