/**
 * Every reason for which something is refused or has ended, with what the asker can do about it. A refusal states only the
 * asker's own facts; of others it knows no more than when there is room again.
 */
export const reasons = {
  BAD_REQUEST: { retry: 'never', meaning: 'the request cannot be read' },
  VERSION: { retry: 'never', meaning: 'the two ends speak no common version' },
  UNSUPPORTED: { retry: 'never', meaning: 'the endpoint has no such kind, tool or option' },
  IDENTITY_UNKNOWN: { retry: 'never', meaning: 'no identity has this key' },
  CLASS_DENIED: { retry: 'never', meaning: 'the identity is in a class that may do nothing' },
  NOT_OWNER: { retry: 'never', meaning: 'the reservation is somebody else’s' },
  LIMIT: { retry: 'changed', meaning: 'the request is beyond a limit of the class' },
  QUOTA: { retry: 'later', meaning: 'the class has used up what it may have' },
  BUSY: { retry: 'later', meaning: 'the resource is taken at this time' },
  CONTENDED: { retry: 'soon', meaning: 'others kept taking the slot while it was negotiated' },
  RESOURCE: { retry: 'later', meaning: 'the endpoint lacks something: ports, disk, or a process does not end' },
  JOURNAL: { retry: 'later', meaning: 'the journal cannot be written' },
  CLOCK_UNSYNC: { retry: 'later', meaning: 'a clock is not known to be right' },
  CLOCK_OFFSET: { retry: 'later', meaning: 'two clocks differ by more than they claim' },
  CLOCK_STEP: { retry: 'later', meaning: 'the clock was set while the test waited for its start' },
  NOT_HELD: { retry: 'anew', meaning: 'there is no such hold, perhaps since the daemon was restarted' },
  EXPIRED: { retry: 'anew', meaning: 'the hold was not confirmed in time' },
  TOO_LATE: { retry: 'anew', meaning: 'the start is too near' },
  DIGEST: { retry: 'anew', meaning: 'the group did not agree on the same' },
  PEER_UNREACHABLE: { retry: 'anew', meaning: 'a peer cannot be reached' },
  PEER_MISSING: { retry: 'anew', meaning: 'a peer has no such reservation' },
  PEER_SILENT: { retry: 'anew', meaning: 'a peer said nothing before the arm deadline' },
  PEER_MISMATCH: { retry: 'anew', meaning: 'a peer agreed on something else' },
  PAUSED: { retry: 'later', meaning: 'the endpoint takes no reservations for now' },
  DRAINING: { retry: 'later', meaning: 'the endpoint is about to be stopped' },
  CANCELLED: { retry: 'later', meaning: 'the owner or an administrator cancelled it' },
  PREEMPTED: { retry: 'later', meaning: 'it had to make way' },
  TOOL_FAILED: { retry: 'your choice', meaning: 'the tool ended with an error' },
  OVERRUN: { retry: 'your choice', meaning: 'the tool did not end in time' },
  LATE: { retry: 'your choice', meaning: 'the endpoint woke too late for the start' },
  DOWN: { retry: 'your choice', meaning: 'the daemon was down when it should have started' },
  DAEMON_RESTART: { retry: 'your choice', meaning: 'the daemon was restarted while the test ran' },
  REBOOT: { retry: 'your choice', meaning: 'the host was restarted while the test ran' },
} as const satisfies Record<string, { readonly retry: Retry; readonly meaning: string }>

/** `anew`: negotiate again from the beginning. */
export type Retry = 'never' | 'changed' | 'later' | 'soon' | 'anew' | 'your choice'

export type ReasonCode = keyof typeof reasons

/** Which quota is used up. */
export type QuotaName = 'held' | 'pending' | 'active' | 'runs' | 'busy' | 'cool_down'

/** A code with the facts that belong to it; times are UTC microseconds. */
export interface Reason {
  readonly code: ReasonCode
  readonly data: Readonly<Record<string, unknown>>
}

export const reason = (code: ReasonCode, data: Reason['data'] = {}): Reason => ({ code, data })
export const retryOf = ({ code }: Reason): Retry => reasons[code].retry
