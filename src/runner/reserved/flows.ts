import { type Armed, type ArmOptions, bookUntilArmed, endIn } from '../../client/arm.ts'
import type { Booking } from '../../client/book.ts'
import type { Endpoint } from '../../client/endpoint.ts'
import { isOver } from '../../client/follow.ts'
import { hasReceiver, type TestOrder, testOrder } from '../../client/test-order.ts'
import { LockstepError } from '../../errors/error.ts'
import type { Flow, Play, PlayHost } from '../../playbook/play.ts'
import type { Reserve } from '../../playbook/reserve.ts'
import { deadline } from '../../transport/deadline.ts'
import { judgePhase } from '../judge-phase.ts'
import { maskerFor } from '../masker.ts'
import { allOf } from '../patience.ts'
import type { RunOutcome, RunRecord } from '../record.ts'
import { runRecord } from '../record.ts'
import { reportPhase } from '../report-phase.ts'
import type { RunDependencies } from '../run.ts'
import { createRunFolder } from '../run-folder.ts'
import { stopSignal } from '../stop-signal.ts'
import { subjectOf } from '../subject.ts'
import { collectFlow } from './collect.ts'
import { reachHosts } from './reach.ts'
import { reservedEvent } from './reserved-event.ts'

/** A flow that is booked, and who is asked about it. */
export interface BookedFlow extends Armed<TestOrder> {
  readonly flow: Flow
}

/** How long endpoints may take to end what is cancelled. */
const cancelMs = 15_000

/**
 * Has every flow run by the endpoints of its hosts, in time that is reserved for it: no shell is needed there. The rounds of a
 * mesh are booked one after the other, and all before the first begins.
 */
export async function runReservedFlows(
  play: Play & { readonly reserve: Reserve },
  dependencies: RunDependencies,
): Promise<RunOutcome> {
  const folder = createRunFolder({ base: dependencies.runs, name: play.name, started: new Date() })
  const subject = { ...subjectOf(play), phases: ['reserve', 'traffic', 'collect', 'judge', 'report'] as const }
  const record = runRecord(subject, folder, { ...dependencies, masker: maskerFor(play) })
  const stop = stopSignal(dependencies.interrupted, folder.failed, record.emit)
  const endpoints = new Map<string, Endpoint>()
  const booked: BookedFlow[] = []
  try {
    await record.inPhase('reserve', async () => {
      await reachHosts(hostsOf(play), { ...dependencies, signal: stop.signal, emit: record.emit }, endpoints)
      await bookRounds(play, endpoints, booked, record, stop.signal)
    })
    await record.inPhase('traffic', () => allOf(booked.map(each => untilOver(each, stop.signal))))
  } catch (error) {
    record.fail(stop.signal.aborted ? stop.signal.reason : error)
    await cancelAll(booked)
  }
  if (booked.length > 0) await resultsOf(booked, play, record, dependencies)
  await allOf([...endpoints.values()].map(endpoint => endpoint.close()))
  await reportPhase(record, dependencies.writeReport)
  return record.end()
}

async function resultsOf(
  booked: readonly BookedFlow[],
  play: Play,
  record: RunRecord,
  { judgeLogs }: Pick<RunDependencies, 'judgeLogs'>,
): Promise<void> {
  try {
    const collected = await record.inPhase('collect', () => allOf(booked.map(each => collectFlow(each, record))))
    const outputs = collected.flatMap(each => each ?? [])
    if (outputs.length === 0) return
    await record.inPhase('judge', () => judgePhase(play, { collected: [], outputs }, record, judgeLogs))
  } catch (error) {
    record.fail(error)
  }
}

/** Where something is started. */
const hostsOf = ({ hosts, flows }: Play) =>
  hosts.filter(({ name }) => flows.some(({ from, to, tool }) => from === name || (to === name && hasReceiver(tool))))

async function bookRounds(
  play: Play & { readonly reserve: Reserve },
  endpoints: ReadonlyMap<string, Endpoint>,
  booked: BookedFlow[],
  record: RunRecord,
  signal: AbortSignal,
): Promise<void> {
  const rounds = play.mesh?.rounds ?? [play.flows.map(({ name }) => name)]
  for (const round of rounds) {
    const flows = play.flows.filter(({ name }) => round.includes(name))
    await allOf(
      flows.map(async flow => {
        booked.push(await bookFlow(flow, play, endpoints, record, signal))
      }),
    )
  }
}

async function bookFlow(
  flow: Flow,
  { hosts, reserve }: Play & { readonly reserve: Reserve },
  endpoints: ReadonlyMap<string, Endpoint>,
  { emit }: RunRecord,
  signal: AbortSignal,
): Promise<BookedFlow> {
  const hostOf = (name: string) => hosts.find(host => host.name === name) as PlayHost // flows are between hosts of the play
  const ends = {
    from: endpoints.get(flow.from) as Endpoint, // the sending ends of all flows were reached
    to: hasReceiver(flow.tool) ? endpoints.get(flow.to) : undefined,
    fromInterface: hostOf(flow.from).interface,
    toInterface: hostOf(flow.to).interface,
    toAddress: hostOf(flow.to).connection.address,
  }
  const order = testOrder(flow, ends, reserve)
  const told: ArmOptions['told'] = (host, { state, reason }) =>
    emit({ kind: 'reservation_state', flow: flow.name, host, state, ...(reason && { reason: reason.code }) })
  const booked = (booking: Booking) => emit({ ...reservedEvent(booking, order.members), flow: flow.name })
  return { flow, ...(await bookUntilArmed(order, { what: flow.name, booked, told }, signal)) }
}

async function untilOver(booked: BookedFlow, signal: AbortSignal): Promise<void> {
  const standing = await booked.following.until(() => false, signal)
  const end = endIn(booked.flow.name, booked.order, standing, [
    'aborted',
    'missed',
    'cancelled',
    'failed',
    'expired',
    'released',
  ])
  if (end !== undefined) throw end.error
}

/** Whoever gives up leaves nothing behind on the endpoints that can still be asked. */
async function cancelAll(booked: readonly BookedFlow[]): Promise<void> {
  await allOf(
    booked.map(async ({ order, booking, following }) => {
      const standing = following.standing()
      const open = order.members.filter(({ session }) => !isOver(standing.get(session.welcome.endpoint)))
      await Promise.all(
        open.map(({ session }) =>
          session.ask('cancel', { rid: booking.rids[session.welcome.endpoint] ?? '' }).catch(unheard),
        ),
      )
      const late = () => new LockstepError('STEP_RESERVED', 'what was cancelled does not end')
      const limit = deadline(cancelMs, late)
      await following.until(() => false, limit.signal).catch(() => undefined)
      limit.done()
    }),
  )
}

/** Who cannot be asked any more lets it lapse by itself. */
function unheard(error: unknown): undefined {
  if (!(error instanceof LockstepError)) throw error
  return undefined
}
