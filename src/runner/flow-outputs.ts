import type { Flow } from '../playbook/play.ts'
import { readLaunch } from '../tools/launcher.ts'
import { faulty, type Output, type Reading } from '../tools/traffic-tool.ts'
import { askFiles, readFiles } from '../transport/file-question.ts'
import type { UtcInstant } from '../units/quantity.ts'
import type { FlowParts } from './flow-parts.ts'
import { flowReceiverProcess, lastOfLog, outputFile, senderProcess } from './flow-programs.ts'
import type { HostSession } from './host-session.ts'
import { allOf } from './patience.ts'

/** What came of a flow whose ends are processes. */
export interface CollectedFlow {
  readonly flow: Flow
  /** File names with what the ends printed. */
  readonly files: readonly { readonly name: string; readonly bytes: Buffer }[]
  readonly reading: Reading
  readonly start: FlowStart
}

export interface FlowStart {
  readonly due: UtcInstant
  /** When the launcher let the sender go; undefined for one that was told the instant, or was never let go. */
  readonly released: UtcInstant | undefined
}

/** How the processes of a flow ended: their exit statuses, undefined after a signal. */
export interface FlowEnding {
  readonly due: UtcInstant
  readonly senderCode: number | undefined
  /** Undefined: nothing was started at the receiving end. */
  readonly receiver: { readonly code: number | undefined } | undefined
}

type End = 'sender' | 'receiver'

/** A sender that is let go later than this has not started together with the others. */
const lateNs = 100_000_000n
const fetchMs = 60_000

/** The files of hosts, by host and path. */
export type Printed = ReadonlyMap<string, ReadonlyMap<string, Buffer>>

/** What the ends of these flows have printed so far, with one question per host. */
export async function printedBy(flows: readonly FlowParts[], signal: AbortSignal): Promise<Printed> {
  const wanted = new Map<HostSession, string[]>()
  const want = (host: HostSession, flow: Flow, end: End) => {
    const files = [outputFile(host.folder, flow, end), logFile(host, flow, end)]
    wanted.set(host, [...new Set([...(wanted.get(host) ?? []), ...files])])
  }
  for (const { flow, from, to } of flows) {
    want(from, flow, 'sender')
    want(to, flow, 'receiver')
  }
  const read = [...wanted].map(async ([host, files]) => [host.name, await filesAt(host, files, signal)] as const)
  return new Map(await allOf(read))
}

/** What a flow has measured, out of what its ends printed. */
export function readFlow(
  { flow, tool, from, to, sharesReceiver }: FlowParts,
  printed: Printed,
  ending: FlowEnding,
): CollectedFlow {
  const { due, senderCode, receiver } = ending
  const sent = outputOf(printed, from, flow, 'sender')
  const launch = readLaunch(sent.stderr)
  const sender: Output = { ...sent, stderr: launch.rest, code: senderCode }
  const received = receiver && { ...receivedOf(printed, to, flow), ...receiver }
  const outputs = { sender, receiver: received, isShared: sharesReceiver }
  const start = { due, released: launch.released }
  // A program that was never there has said nothing.
  const read = launch.fault === undefined ? tool.read(outputs, flow.sender) : faulty(undefined, launch.fault)
  const faults = lateness(flow, start)
  const reading = faults.length === 0 ? read : { ...read, figures: new Map(), faults: [...faults, ...read.faults] }
  return { flow, files: filesOf(flow, sender, outputs.receiver), reading, start }
}

async function filesAt(session: HostSession, files: readonly string[], signal: AbortSignal) {
  const { argv, question } = askFiles(files)
  const { stdout } = await session.ask(argv, { question, timeoutMs: fetchMs, signal })
  return readFiles(stdout, files)
}

const logFile = ({ folder }: HostSession, flow: Flow, end: End) =>
  `${folder}/${end === 'sender' ? senderProcess(flow) : flowReceiverProcess(flow)}.log`

function outputOf(printed: Printed, host: HostSession, flow: Flow, end: End): Omit<Output, 'code'> {
  const text = (file: string) => printed.get(host.name)?.get(file)?.toString('utf8') ?? ''
  return { stdout: text(outputFile(host.folder, flow, end)), stderr: lastOfLog(text(logFile(host, flow, end))) }
}

function receivedOf(printed: Printed, host: HostSession, flow: Flow): Omit<Output, 'code'> {
  const { stdout, stderr } = outputOf(printed, host, flow, 'receiver')
  return { stdout, stderr: readLaunch(stderr).rest }
}

function lateness(flow: Flow, { due, released }: FlowStart): string[] {
  if (released === undefined || released - due <= lateNs) return []
  return [`sender ${flow.name} was started ${(released - due) / 1_000_000n} ms late: its host was too busy`]
}

function filesOf({ name }: Flow, sender: Output, receiver: Output | undefined): CollectedFlow['files'] {
  const file = (end: string, text: string | undefined) =>
    text === undefined || text === '' ? [] : [{ name: `${name}.${end}`, bytes: Buffer.from(text) }]
  return [
    ...file('sender.out', sender.stdout),
    ...file('sender.err', sender.stderr),
    ...file('receiver.out', receiver?.stdout),
  ]
}
