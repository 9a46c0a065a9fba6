import type { Agreement } from '../book/agreement.ts'
import type { Entry } from '../book/entry.ts'
import { type Reason, reason } from '../book/reasons.ts'

/**
 * The peer agent, as lockstepd sees it: what passes between the members of a group. The links and the group's key are in the
 * entry's details (`details.ts`).
 */
export interface Peers {
  /** Why a group can never be armed here; asked before it is confirmed. */
  refuses(agreement: Agreement): Reason | undefined
  /** Whether all members are there and their clocks right: after `confirmed` is on disk, and again after a restart. */
  check(entry: Entry): Promise<'go' | { readonly abort: Reason }>
  /** Gives the members our results and takes theirs; whatever fails is theirs to miss. */
  trade(entry: Entry): Promise<void>
  /** It has ended here before its time. */
  tell(entry: Entry): void
}

/** Without a peer agent: a group of one has nobody to ask, and any other is refused. */
export const noPeers: Peers = {
  refuses: ({ members }) =>
    Object.keys(members).length === 1 ? undefined : reason('UNSUPPORTED', { option: 'members', supported: 1 }),
  check: async () => 'go',
  trade: async () => undefined,
  tell: () => undefined,
}
