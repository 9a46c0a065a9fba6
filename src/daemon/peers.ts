import type { Entry } from '../book/entry.ts'
import type { Reason } from '../book/reasons.ts'

/**
 * The peer agent, as lockstepd sees it: what passes between the members of a group. The links and the group's key are in the
 * entry's details (`details.ts`).
 */
export interface Peers {
  /** Whether all members are there and their clocks right: after `confirmed` is on disk, and again after a restart. */
  check(entry: Entry): Promise<'go' | { readonly abort: Reason }>
  /** Gives the members our results and takes theirs; whatever fails is theirs to miss. */
  trade(entry: Entry): Promise<void>
  /** It has ended here before its time. */
  tell(entry: Entry): void
  /** It has ended here as it should, and has nothing to trade. */
  leave(entry: Entry): void
}
