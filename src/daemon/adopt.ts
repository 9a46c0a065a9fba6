import { cgroupFolder, findCgroup } from './cgroup.ts'
import { type Enclosure, unionOf } from './enclosure.ts'
import { markedSession } from './marked-session.ts'
import { bootId, readProcess } from './proc.ts'
import type { Trace } from './test-process.ts'

/** What has become of a test that an earlier daemon had started, or was about to start. */
export type Found =
  /** The host was started anew since: there is nothing to end. */
  | { readonly kind: 'rebooted' }
  | { readonly kind: 'gone' }
  /** `first`: its first process, when that is among the living. */
  | { readonly kind: 'alive'; readonly enclosure: Enclosure; readonly first: number | undefined }

/**
 * Looks for it where the trace says and, since the daemon may have died before it could write one, by its name among the
 * control groups of `home` and by its mark in every environment.
 */
export async function findTest(
  { rid, boot, trace }: { readonly rid: string; readonly boot: string; readonly trace: Trace | undefined },
  home: string | undefined,
): Promise<Found> {
  if (boot !== bootId()) return { kind: 'rebooted' }
  const enclosure = await enclosureOf(rid, trace, home)
  if ((await enclosure.members()).length > 0) return { kind: 'alive', enclosure, first: firstOf(trace) }
  await enclosure.remove()
  return { kind: 'gone' }
}

async function enclosureOf(rid: string, trace: Trace | undefined, home: string | undefined): Promise<Enclosure> {
  const place = trace?.place
  const marked = markedSession(rid, place?.kind === 'session' ? place : undefined)
  const folder = place?.kind === 'cgroup' ? place.folder : home && cgroupFolder(home, rid)
  const group = folder === undefined ? undefined : await findCgroup(folder, rid)
  if (group === undefined) return marked
  // A control group that the journal names holds all of it. Without that, one part may not have been put into it.
  return trace === undefined ? unionOf(group, marked) : group
}

/** The same number is the same process only with the same start. */
function firstOf(trace: Trace | undefined): number | undefined {
  if (trace === undefined) return undefined
  const state = readProcess(trace.pid)
  return state?.alive === true && state.startTicks === trace.startTicks ? trace.pid : undefined
}
