import type { Entry } from '../book/entry.ts'
import { type Reason, reason } from '../book/reasons.ts'
import { LockstepError } from '../errors/error.ts'
import { type OfferedProfile, usualProfiles } from '../tools/usual-profiles.ts'
import type { WireTest } from '../wire/book-shapes.ts'
import { detailsOf, isTest } from './details.ts'
import { type EndPlan, planEnd } from './plan-end.ts'
import type { Facts, Results } from './results.ts'

/** Why a test never ran. */
export function startFailure(fault: Error | undefined): Reason {
  if (fault instanceof LockstepError && fault.code === 'BOOK_DISK') return reason('RESOURCE', { resource: 'disk' })
  return reason('TOOL_FAILED', { why: fault?.message ?? 'it did not start' })
}

/** Why one that ran is failed; undefined: it is done, as far as this endpoint knows. */
export async function failureOf(entry: Entry, facts: Facts, results: Results): Promise<Reason | undefined> {
  const { ending, killed, fault, exit, signal } = facts
  const known = endOf(entry)
  if (ending === 'overrun' && known?.plan.isEnded !== true) return reason('OVERRUN', { killed })
  if (typeof fault === 'string') return reason('TOOL_FAILED', { why: fault })
  if (typeof signal === 'string' || (typeof exit === 'number' && exit !== 0))
    return reason('TOOL_FAILED', { exit: exit ?? null, signal: signal ?? null })
  const said = known === undefined ? undefined : await complaintOf(entry, known, results)
  return said === undefined ? undefined : reason('TOOL_FAILED', { why: said })
}

interface Known {
  readonly spec: WireTest
  readonly profile: OfferedProfile
  readonly plan: EndPlan
}

/** What runs here; undefined: a block, or a profile that there is no more. */
function endOf(entry: Entry): Known | undefined {
  const { spec } = detailsOf(entry)
  const profile = isTest(spec) ? usualProfiles[spec.profile] : undefined
  if (!isTest(spec) || profile === undefined) return undefined
  const plan = planEnd(profile, spec, { ports: undefined, folder: '/', startAt: undefined })
  return 'code' in plan ? undefined : { spec, profile, plan }
}

/** Some tools end well whatever became of the test, and of an adopted one nobody knows the status: the output decides. */
async function complaintOf({ rid }: Entry, { spec, profile, plan }: Known, results: Results) {
  // What a receiver has printed is understood only beside its sender's.
  if (spec.role === 'receiver') return undefined
  const [stdout, stderr] = [await textOf(results, rid, 'stdout'), await textOf(results, rid, 'stderr')]
  const { faults } = profile.tool.read(
    { sender: { stdout, stderr, code: 0 }, receiver: undefined, isHalf: true },
    plan.options,
  )
  return faults[0]
}

async function textOf(results: Results, rid: string, name: string): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of results.read(rid, name)) parts.push(part)
  return Buffer.concat(parts).toString()
}
