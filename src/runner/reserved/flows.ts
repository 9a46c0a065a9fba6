import { type ArmOptions, bookUntilArmed, cancelBooked, endIn } from '../../client/arm.ts'
import type { Booking } from '../../client/book.ts'
import type { Endpoint } from '../../client/endpoint.ts'
import { endsOf } from '../../client/ends.ts'
import { hasReceiver, testOrder } from '../../client/test-order.ts'
import type { Flow, Play, PlayHost } from '../../playbook/play.ts'
import type { Transport } from '../../transport/transport.ts'
import { type JudgeLogs, judgePhase } from '../judge-phase.ts'
import { maskerFor } from '../masker.ts'
import { type JudgeOverall, overallPhase } from '../overall-phase.ts'
import { allOf } from '../patience.ts'
import { type RecordOptions, type RunOutcome, type RunRecord, runRecord } from '../record.ts'
import { reportPhase, type WriteReport } from '../report-phase.ts'
import { createRunFolder } from '../run-folder.ts'
import { stopSignal } from '../stop-signal.ts'
import { subjectOf } from '../subject.ts'
import type { BookedFlow, ReservedPlay } from './booked-flow.ts'
import { collectFlow } from './collect.ts'
import { reachHosts } from './reach.ts'
import { reservedEvent } from './reserved-event.ts'

export interface ReservedDependencies extends Omit<RecordOptions, 'masker'> {
  readonly transport: Transport
  /** The folder that run folders are made in. */
  readonly runs: string
  /** Aborted when the user wants to stop. */
  readonly interrupted: AbortSignal
  readonly judgeLogs: JudgeLogs
  readonly judgeOverall: JudgeOverall
  readonly writeReport: WriteReport
}

/**
 * Has every flow run by the endpoints of its hosts, in time that is reserved for it: no shell is needed there. The rounds of a
 * mesh are booked one after the other, and all before the first begins.
 */
export async function runReservedFlows(play: ReservedPlay, dependencies: ReservedDependencies): Promise<RunOutcome> {
  const folder = createRunFolder({ base: dependencies.runs, name: play.name, started: new Date() })
  const subject = { ...subjectOf(play), phases: ['reserve', 'traffic', 'collect', 'judge', 'report'] as const }
  const record = runRecord(subject, folder, { ...dependencies, masker: maskerFor(play) })
  const stop = stopSignal(dependencies.interrupted, folder.failed, record.emit)
  const endpoints = new Map<string, Endpoint>()
  const booked: BookedFlow[] = []
  try {
    await toTheirEnd(play, { ...dependencies, record, stop, endpoints, booked })
    if (booked.length > 0) await resultsOf(booked, play, record, dependencies)
  } finally {
    // Also when a bug of ours comes this way: whom nobody speaks for any more is cancelled.
    await allOf([...endpoints.values()].map(endpoint => endpoint.close()))
  }
  await reportPhase(record, dependencies.writeReport)
  return record.end()
}

interface Ground extends Pick<ReservedDependencies, 'transport'> {
  readonly record: RunRecord
  readonly stop: AbortController
  readonly endpoints: Map<string, Endpoint>
  readonly booked: BookedFlow[]
}

/** Whoever gives up leaves nothing behind on the endpoints that can still be asked. */
async function toTheirEnd(play: ReservedPlay, { transport, record, stop, endpoints, booked }: Ground): Promise<void> {
  const { signal } = stop
  try {
    await record.inPhase('reserve', async () => {
      await reachHosts(hostsOf(play), { transport, signal, emit: record.emit }, endpoints)
      await bookRounds(play, endpoints, booked, record, signal)
    })
    await record.inPhase('traffic', () => allOf(booked.map(each => untilOver(each, signal))))
  } catch (error) {
    record.fail(signal.aborted ? signal.reason : error)
    await allOf(booked.map(({ order, booking, following }) => cancelBooked(order, booking, following)))
  }
}

async function resultsOf(
  booked: readonly BookedFlow[],
  play: Play,
  record: RunRecord,
  { judgeLogs, judgeOverall }: Pick<ReservedDependencies, 'judgeLogs' | 'judgeOverall'>,
): Promise<void> {
  try {
    const collected = await record.inPhase('collect', () => allOf(booked.map(each => collectFlow(each, record))))
    const outputs = collected.flatMap(each => each ?? [])
    if (outputs.length === 0) return
    await record.inPhase('judge', () => judgePhase(play, { collected: [], outputs }, record, judgeLogs))
    await overallPhase(play, record, judgeOverall)
  } catch (error) {
    record.fail(error)
  }
}

/** Where something is started. */
const hostsOf = ({ hosts, flows }: Play) =>
  hosts.filter(({ name }) => flows.some(({ from, to, tool }) => from === name || (to === name && hasReceiver(tool))))

async function bookRounds(
  play: ReservedPlay,
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
  { hosts, reserve }: ReservedPlay,
  endpoints: ReadonlyMap<string, Endpoint>,
  { emit }: RunRecord,
  signal: AbortSignal,
): Promise<BookedFlow> {
  const hostOf = (name: string) => hosts.find(host => host.name === name) as PlayHost // flows are between hosts of the play
  const reached = {
    from: endpoints.get(flow.from) as Endpoint, // the sending ends of all flows were reached
    to: hasReceiver(flow.tool) ? endpoints.get(flow.to) : undefined,
  }
  const ends = await endsOf(flow, { from: hostOf(flow.from), to: hostOf(flow.to) }, reached)
  const order = testOrder(flow, ends, reserve)
  const told: ArmOptions['told'] = (host, { state, reason }) =>
    emit({ kind: 'reservation_state', flow: flow.name, host, state, ...(reason && { reason: reason.code }) })
  const booked = (booking: Booking) => emit({ ...reservedEvent(booking, order.members), flow: flow.name })
  return { flow, ...(await bookUntilArmed(order, { what: flow.name, booked, told }, signal)) }
}

const notDone = ['aborted', 'missed', 'cancelled', 'failed', 'expired', 'released']

async function untilOver(booked: BookedFlow, signal: AbortSignal): Promise<void> {
  const standing = await booked.following.until(() => false, signal)
  const end = endIn(booked.flow.name, booked.order, standing, notDone)
  if (end !== undefined) throw end.error
}
