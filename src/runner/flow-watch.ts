import { deadlineOf } from '../tools/traffic-tool.ts'
import { toMs } from '../units/quantity.ts'
import { AttemptVoid } from './attempt-void.ts'
import { type FlowEnding, printedBy, readFlow } from './flow-outputs.ts'
import type { BegunAttempt, FlowParts } from './flow-parts.ts'
import { flowReceiverProcess, senderProcess } from './flow-programs.ts'
import { anySignalWithin } from './patience.ts'
import type { Processes } from './processes.ts'

/** Timers know no longer time: 24 days. */
const longestMs = 2 ** 31 - 1
/** One that ends much earlier than it was told may have failed, whatever its exit status says: that of iperf3 is 0 either way. */
const wholeShare = 0.9

/**
 * Resolves when the sender of a flow has ended. Fails with AttemptVoid as soon as the flow cannot come to a good end: others
 * may go on for hours. Every fault goes into `reasons`, which all flows share: who fails first tells of those that fail with it.
 */
export async function untilSent(
  parts: FlowParts,
  { site, hasReceiver, start }: BegunAttempt,
  running: Processes,
  { until, reasons }: { readonly until: AbortSignal; readonly reasons: string[] },
): Promise<void> {
  const { flow, tool, from } = parts
  const { lasts, ...plan } = tool.sender(site)
  const limitMs = toMs(deadlineOf({ lasts, ...plan }))
  const sinceStartMs = () => performance.now() - start.atMs
  const leftMs = Math.min(longestMs, Math.max(0, limitMs - sinceStartMs()))
  const { signal: patience, done } = anySignalWithin(leftMs, until)
  const isDoubtful = (code: number | undefined) =>
    code !== 0 || (lasts !== undefined && sinceStartMs() < wholeShare * toMs(lasts))
  const sent = running.untilEnded(from, senderProcess(flow), patience)
  const failures = [
    sent.then(code =>
      isDoubtful(code) ? senderFaults(parts, { due: start.due, senderCode: code, receiver: undefined }, until) : [],
    ),
  ]
  if (hasReceiver) failures.push(receiverFailure(parts, running, patience))
  try {
    reasons.push(...(await Promise.race(failures)))
  } catch (error) {
    if (!patience.aborted || until.aborted) throw error
    reasons.push(
      `sender ${flow.name} on ${flow.from} was still there ${limitMs / 1000} s after its start, and was ended`,
    )
  } finally {
    done()
  }
  if (reasons.length > 0) throw new AttemptVoid(reasons)
}

/** It may have measured something all the same: its own words decide. */
async function senderFaults(parts: FlowParts, ending: FlowEnding, until: AbortSignal): Promise<string[]> {
  const printed = await printedBy([parts], until)
  return readFlow(parts, printed, ending).reading.faults.map(fault => `${parts.flow.name}: ${fault}`)
}

/** Resolves only when the receiver ends in another way than one that is done. */
async function receiverFailure({ flow, to }: FlowParts, running: Processes, until: AbortSignal): Promise<string[]> {
  const name = flowReceiverProcess(flow)
  const code = await running.untilEnded(to, name, until)
  if (code === 0) return new Promise<never>(() => undefined)
  return [`${name} on ${to.name} ${code === undefined ? 'was ended by a signal' : `ended with exit status ${code}`}`]
}
