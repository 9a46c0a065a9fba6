import type { Place } from '../errors/error.ts'
import type { InventoryVariable } from './inventory.ts'
import type { Variables } from './variable.ts'

/** What a source says, one statement after the other; `draft.ts` carries them out. */
export type Statement =
  | { readonly kind: 'group'; readonly name: string; readonly at: Place }
  | {
      readonly kind: 'hosts'
      readonly names: readonly string[]
      readonly group: string
      /** From `NAME:PORT`. */
      readonly port: InventoryVariable | undefined
      readonly vars: Variables
      readonly at: Place
    }
  | { readonly kind: 'child'; readonly group: string; readonly child: string; readonly at: Place }
  | {
      readonly kind: 'variable'
      readonly group: string
      readonly name: string
      readonly variable: InventoryVariable
      readonly at: Place
    }
