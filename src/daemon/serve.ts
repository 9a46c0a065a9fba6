import { networkInterfaces } from 'node:os'
import { entriesOf } from '../book/book.ts'
import { isLive } from '../book/entry.ts'
import type { Rules } from '../book/limits.ts'
import { reason } from '../book/reasons.ts'
import { isFirm } from '../book/states.ts'
import { answerMessage } from '../wire/book-answers.ts'
import { maxLine } from '../wire/json-lines.ts'
import { groupNamed, userNamed } from './accounts.ts'
import { lockFolder } from './book-folder.ts'
import { openBook } from './book-store.ts'
import { cgroupHome } from './cgroup-home.ts'
import { type Desk, desk } from './desk.ts'
import { endpoint } from './endpoint.ts'
import { endpointClock } from './endpoint-clock.ts'
import { fineClock } from './fine-clock.ts'
import { forgetOld } from './forget-old.ts'
import type { Log } from './log.ts'
import { pauseFile } from './pause-file.ts'
import { peerDoor } from './peer-door.ts'
import { resultHook } from './result-hook.ts'
import { openResults } from './results.ts'
import { readRules } from './rules-file.ts'
import { placesOf, type Settings } from './settings.ts'
import { listenOn, type ServerLimits } from './socket-server.ts'
import { warmUp } from './test-process.ts'
import { testRunner } from './test-runner.ts'
import { refusal } from './views.ts'

export interface Service {
  /** The limits file anew; a bad one changes nothing, and is told. */
  reload(): Promise<void>
  readonly epoch: number
  /** Somebody is connected, or something is reserved. */
  inUse(): boolean
  close(): Promise<void>
}

const serverLimits: ServerLimits = {
  ...{ maxLine, helloMs: 10_000, silenceMs: 60_000, writeMs: 10_000, connections: 256, halfOpen: 32 },
}
/** TERM; a second later KILL. It counts as stuck when that does not help. */
const patience = { graceMs: 1_000, verifyMs: 1_000 }

/** lockstepd itself: everything that it has, put together; in the order of `recover`, and listening last. */
export async function serve(settings: Settings, log: Log): Promise<Service> {
  const places = placesOf(settings)
  let rules: Rules = await readRules(settings.limits)
  const user = settings.user === undefined ? undefined : await userNamed(settings.user)
  const group = settings.group === undefined ? undefined : await groupNamed(settings.group)
  const folder = await lockFolder(places.book)
  const clock = await endpointClock(settings.clockError)
  const fault = (error: Error) => log.failure('journal-failed', error)
  const { store, recovered } = await openBook(folder.path, { resources: rules.resources, now: clock.now, fault })
  const { resultTtlMs: ttlMs, resultOctets: quotaOctets, fileOctets, freeOctets } = settings
  const kept = { ttlMs, quotaOctets, fileOctets, freeOctets }
  const results = await openResults(places.results, kept, Date.now)
  const copies = await openResults(places.copies, kept, Date.now)
  const runner = testRunner({
    ...{ work: places.work, results, user, cgroups: await cgroupHome(), heldBy: 'perl', fileOctets, patience },
  })
  const pauses = pauseFile(places.pause)
  let front: Desk | undefined
  const changed: Parameters<typeof endpoint>[0]['changed'] = entry => front?.changed(entry)
  const peers = peerDoor({
    ...{ epoch: store.book.epoch, host: undefined, log, utc: fineClock(), error: () => clock.error().bound },
    ...{ entries: () => entriesOf(store.book), results, copies, copiesRoot: places.copies },
    ttlMs: settings.tradeMs,
    over: (rid, why) => book.ended(rid, why),
  })
  const hook = settings.hook === undefined ? () => undefined : resultHook({ program: settings.hook, results, log })
  const book = endpoint({ store, clock, log, peers, runner, results, copies, hook, changed })
  const reload = async () => {
    const next = await readRules(settings.limits)
    rules = next
    store.declare(next.resources)
    log('notice', 'limits-read', { file: settings.limits, count: Object.keys(next.classes).length })
  }
  front = desk({
    ...{ endpoint: settings.endpoint, store, transitions: book.transitions, clock, results, copies, log, reload },
    peerPort: settings.peerPort,
    ...{ pausedBefore: await pauses.read(), keepPause: pauses.keep },
    ...{ rules: () => rules, addressesOf, graceMs: settings.graceMs },
  })
  await warmUp({ user, fileOctets, heldBy: 'perl' }).catch(error => log.failure('warm-up-failed', error))
  await book.resume(recovered)
  for (const entry of entriesOf(store.book)) if (isFirm(entry.state)) front.orphaned(entry)
  const tidying = forgetOld(store, () => rules, { ttlMs, now: clock.now })
  const server = await listenOn({
    ...{ path: settings.socket, group, limits: serverLimits, serve: front.serve },
    full: answerMessage(refusal(undefined, reason('RESOURCE', { resource: 'connections' }))),
    fault: error => log.failure('connection-failed', error),
  })
  return {
    reload,
    epoch: store.book.epoch,
    inUse: () => front?.isBusy === true || entriesOf(store.book).some(isLive),
    close: async () => {
      tidying.stop()
      await server.close()
      await book.stop()
      await peers.close()
      clock.stop()
      await store.close().catch(fault)
      await folder.release()
    },
  }
}

const addressesOf = (device: string): readonly string[] =>
  (networkInterfaces()[device] ?? []).map(({ address }) => address)
