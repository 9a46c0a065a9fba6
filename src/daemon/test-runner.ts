import { chown, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Entry } from '../book/entry.ts'
import { LockstepError } from '../errors/error.ts'
import { usualProfiles } from '../tools/usual-profiles.ts'
import { after } from '../units/micros.ts'
import { utc } from '../units/quantity.ts'
import { findTest } from './adopt.ts'
import { makeCgroup } from './cgroup.ts'
import { detailsOf, isTest } from './details.ts'
import type { Enclosure } from './enclosure.ts'
import { type Patience, untilGone } from './end-test.ts'
import type { HeldBy } from './held-program.ts'
import { markedSession } from './marked-session.ts'
import { planEnd } from './plan-end.ts'
import type { User } from './privileges.ts'
import { bootId } from './proc.ts'
import type { Release } from './release.ts'
import type { Facts, Results } from './results.ts'
import { holdTest, type Trace } from './test-process.ts'
import { type Outcome, watchTest } from './watch-test.ts'

/** How a test came to its end here: what its manifest says of it. */
export interface TestEnd {
  readonly facts: Facts
  /** Why it never ran. */
  readonly fault: Error | undefined
  readonly outcome: Outcome | undefined
}

export interface Runner {
  /** Starts the test of an active entry at its time and gives how it ended, with nothing of it left. */
  run(entry: Entry, traced: (trace: Trace) => Promise<void>): Promise<TestEnd>
  /** Goes on watching one that an earlier daemon started; undefined: there is nothing of it. */
  adopt(entry: Entry): Promise<{ readonly ended: Promise<TestEnd> } | undefined>
  /** Ends it, whether it runs already or is still being started. */
  stop(rid: string): void
  /** Takes away what is left of tests that are none of these. */
  tidy(rids: ReadonlySet<string>): Promise<void>
}

export interface RunnerSettings {
  /** In it each test has a folder of its own while it runs. */
  readonly work: string
  readonly results: Results
  readonly user: User | undefined
  /** Where control groups can be made; undefined: tests are kept together by session and mark. */
  readonly cgroups: string | undefined
  readonly heldBy: HeldBy
  readonly fileOctets: number
  readonly patience: Patience
}

/** Longer than any reservation: the book's own timers end a test. */
const noLimitMs = 2 ** 31 - 1

export function testRunner(settings: RunnerSettings): Runner {
  const stops = new Map<string, AbortController>()
  const stopOf = (rid: string): AbortController => {
    const known = stops.get(rid) ?? new AbortController()
    stops.set(rid, known)
    return known
  }
  const ended = async (entry: Entry, work: Promise<TestEnd>): Promise<TestEnd> => {
    try {
      return await work
    } finally {
      stops.delete(entry.rid)
      await rm(join(settings.work, entry.rid), { recursive: true, force: true })
    }
  }
  return {
    run: (entry, traced) => ended(entry, run(entry, stopOf(entry.rid).signal, traced, settings)),
    adopt: async entry => {
      const { rid } = entry
      const { trace } = detailsOf(entry)
      const found = await findTest({ rid, boot: trace?.boot ?? bootId(), trace }, settings.cgroups)
      if (found.kind !== 'alive') return undefined
      const watching = watched(entry, found.enclosure, undefined, stopOf(rid).signal, { adopted: true }, settings)
      return { ended: ended(entry, watching) }
    },
    stop: rid => stopOf(rid).abort(new Error('stopped')),
    tidy: async rids => {
      await mkdir(settings.work, { recursive: true, mode: 0o711 })
      for (const name of await readdir(settings.work))
        if (!rids.has(name)) await rm(join(settings.work, name), { recursive: true, force: true })
    },
  }
}

async function run(
  entry: Entry,
  stop: AbortSignal,
  traced: (trace: Trace) => Promise<void>,
  settings: RunnerSettings,
): Promise<TestEnd> {
  try {
    const { order, at } = await prepared(entry, settings)
    const held = await holdTest(order, rid => enclose(rid, settings.cgroups))
    try {
      await traced(held.trace)
      const release = stop.aborted ? undefined : held.release(at).catch((error: Error) => error)
      // Stopped before its time, it ends because nobody holds it any more.
      if (release === undefined) held.abandon()
      return await watched(entry, held.enclosure, held.exited, stop, { release }, settings)
    } catch (error) {
      held.abandon()
      await watchTest(held.enclosure, held.exited, { ...settings.patience, withinMs: 0, stop: AbortSignal.abort() })
      throw error
    }
  } catch (fault) {
    return { facts: { ...factsOf(entry), fault: (fault as Error).message }, fault: fault as Error, outcome: undefined }
  }
}

async function prepared(entry: Entry, { results, work, user, heldBy, fileOctets }: RunnerSettings) {
  const { spec, group } = detailsOf(entry)
  const profile = isTest(spec) ? usualProfiles[spec.profile] : undefined
  if (!isTest(spec) || profile === undefined)
    throw new LockstepError('BOOK_PROFILE', 'there is no such profile any more')
  const folder = join(work, entry.rid)
  const ports = spec.role === 'receiver' ? Object.values(entry.ports).flat() : (group?.ports ?? [])
  const at = utc(BigInt(startOf(entry)) * 1_000n)
  const plan = planEnd(profile, spec, { ports, folder, startAt: at })
  if ('code' in plan) throw new LockstepError('BOOK_PROFILE', String(plan.data['why']))
  const kept = await results.begin(entry.rid)
  await mkdir(folder, { mode: 0o700 })
  if (user !== undefined) await chown(folder, user.uid, user.gid)
  return {
    at,
    order: {
      ...{ rid: entry.rid, argv: plan.argv, user, capabilities: profile.capabilities, folder, heldBy, fileOctets },
      ...{ stdout: join(kept, 'stdout'), stderr: join(kept, 'stderr') },
    },
  }
}

/** A receiver is there a setup earlier, for the senders. */
export function startOf(entry: Entry): number {
  const { spec } = detailsOf(entry)
  return isTest(spec) && spec.role === 'receiver' ? entry.start - entry.margins.setup : entry.start
}

const enclose = (rid: string, cgroups: string | undefined): Promise<Enclosure> =>
  cgroups === undefined ? Promise.resolve(markedSession(rid)) : makeCgroup(cgroups, rid)

interface Known {
  readonly release?: Promise<Release | Error> | undefined
  readonly adopted?: boolean
}

/** Until nothing of it is left, however long it overstays. */
async function watched(
  entry: Entry,
  enclosure: Enclosure,
  exited: Parameters<typeof watchTest>[1],
  stop: AbortSignal,
  { release, adopted = false }: Known,
  { patience }: RunnerSettings,
): Promise<TestEnd> {
  const outcome = await watchTest(enclosure, exited, { ...patience, withinMs: noLimitMs, stop })
  if (outcome.left.length > 0) await untilGone(enclosure, new AbortController().signal)
  const released = await Promise.race([release, undefined])
  const fault = released instanceof Error && outcome.why === 'exit' ? released : undefined
  const times = released === undefined || released instanceof Error ? {} : startFacts(released)
  const { exit, killed, left } = outcome
  const facts = {
    ...{ ...factsOf(entry), ...times, end: Date.now() * 1_000, killed, overstayed: left.length > 0, adopted },
    ...{ exit: exit?.code ?? null, signal: exit?.signal ?? null, fault: fault?.message ?? null },
  }
  return { facts, fault, outcome }
}

/** us UTC, and ns later than asked: when the program was let go. */
const startFacts = ({ at, error }: Release) => ({ started: Number(at / 1_000n), startErrorNs: Number(error) })

const factsOf = (entry: Entry): Facts => ({
  ...{ gid: entry.gid, kind: entry.kind, planned: startOf(entry), until: after(entry.start, entry.duration) },
  spec: detailsOf(entry).spec,
})
