import type { Armed } from '../../client/arm.ts'
import type { TestOrder } from '../../client/test-order.ts'
import type { Flow, Play } from '../../playbook/play.ts'
import type { Reserve } from '../../playbook/reserve.ts'

export type ReservedPlay = Play & { readonly reserve: Reserve }

/** A flow that is booked, and who is asked about it. */
export interface BookedFlow extends Armed<TestOrder> {
  readonly flow: Flow
}
