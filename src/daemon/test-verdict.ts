import type { Entry } from '../book/entry.ts'
import { type Reason, reason } from '../book/reasons.ts'
import { LockstepError } from '../errors/error.ts'
import { usualProfiles } from '../tools/usual-profiles.ts'
import { detailsOf, isTest } from './details.ts'
import { planEnd } from './plan-end.ts'
import type { Facts, Results } from './results.ts'

/** Why a test never ran. */
export function startFailure(fault: Error | undefined): Reason {
  if (fault instanceof LockstepError && fault.code === 'BOOK_DISK') return reason('RESOURCE', { resource: 'disk' })
  return reason('TOOL_FAILED', { why: fault?.message ?? 'it did not start' })
}

/** Why one that ran is failed; undefined: it is done, as far as this endpoint knows. */
export async function failureOf(entry: Entry, facts: Facts, results: Results): Promise<Reason | undefined> {
  const { ending, killed, fault, exit, signal } = facts
  if (ending === 'overrun') return reason('OVERRUN', { killed })
  if (typeof fault === 'string') return reason('TOOL_FAILED', { why: fault })
  if (typeof signal === 'string' || (typeof exit === 'number' && exit !== 0))
    return reason('TOOL_FAILED', { exit: exit ?? null, signal: signal ?? null })
  const said = await complaintOf(entry, results)
  return said === undefined ? undefined : reason('TOOL_FAILED', { why: said })
}

/** Some tools end well whatever became of the test, and of an adopted one nobody knows the status: the output decides. */
async function complaintOf(entry: Entry, results: Results): Promise<string | undefined> {
  const { spec } = detailsOf(entry)
  const profile = isTest(spec) ? usualProfiles[spec.profile] : undefined
  // What a receiver has printed is understood only beside its sender's.
  if (!isTest(spec) || spec.role === 'receiver' || profile === undefined) return undefined
  const plan = planEnd(profile, spec, { ports: undefined, folder: '/', startAt: undefined })
  if ('code' in plan) return undefined
  const [stdout, stderr] = [await textOf(results, entry.rid, 'stdout'), await textOf(results, entry.rid, 'stderr')]
  const { faults } = profile.tool.read({ sender: { stdout, stderr, code: 0 }, receiver: undefined }, plan.options)
  return faults[0]
}

async function textOf(results: Results, rid: string, name: string): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of results.read(rid, name)) parts.push(part)
  return Buffer.concat(parts).toString()
}
