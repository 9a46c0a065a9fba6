import type { Member } from '../../client/book.ts'
import { fetchCopies, fetchResult, type KeptResult } from '../../client/results.ts'
import { LockstepError } from '../../errors/error.ts'
import type { Output } from '../../tools/traffic-tool.ts'
import { utc } from '../../units/quantity.ts'
import type { CollectedFlow } from '../flow-outputs.ts'
import type { RunRecord } from '../record.ts'
import type { BookedFlow } from './booked-flow.ts'

type Role = 'sender' | 'receiver'

/**
 * What both ends have kept of a flow, from each end itself or, where that cannot be asked, from the copies of the other.
 * Undefined when nothing of it ever ran. What is missing is said, and fails the run.
 */
export async function collectFlow(booked: BookedFlow, record: RunRecord): Promise<CollectedFlow | undefined> {
  const { flow, order, booking, following } = booked
  if (!following.mayHaveRun()) return undefined
  const results = new Map<Role, KeptResult>()
  for (const member of order.members) {
    const role = roleOf(member)
    const { host, welcome } = member.session
    const kept = await keptOf(member, booked).catch((error: LockstepError) => error)
    if (kept instanceof LockstepError)
      record.emit({ kind: 'not_collected', flow: flow.name, end: role, reason: kept.message })
    else results.set(role, kept)
    if (!(kept instanceof LockstepError))
      record.folder.writeJson(`reservations/${flow.name}.${role}.json`, {
        ...{ host, endpoint: welcome.endpoint, rid: booking.rids[welcome.endpoint], facts: kept.facts },
      })
  }
  const sender = results.get('sender')
  if (sender === undefined) {
    if (!record.failed())
      record.fail(new LockstepError('STEP_RESERVED', `${flow.name}: there is no result of its sender`))
    return undefined
  }
  const receiver = results.get('receiver')
  const outputs = { sender: outputOf(sender), receiver: receiver && outputOf(receiver), isShared: false }
  const reading = order.profile.tool.read(outputs, order.options.sender)
  if (reading.faults.length > 0 && !record.failed())
    record.fail(new LockstepError('STEP_RESERVED', `${flow.name}: ${reading.faults.join('; ')}`))
  const started = sender.facts['started']
  return {
    ...{ flow, files: filesOf(flow.name, sender, receiver), reading },
    start: {
      due: utc(BigInt(booking.agreement.start) * 1_000n),
      released: typeof started === 'number' ? utc(BigInt(started) * 1_000n) : undefined,
    },
  }
}

const roleOf = ({ spec }: Member): Role => ('role' in spec ? spec.role : 'sender')

async function keptOf(member: Member, { order, booking }: BookedFlow): Promise<KeptResult> {
  const { endpoint } = member.session.welcome
  const ridOf = ({ session }: Member) => booking.rids[session.welcome.endpoint] ?? ''
  try {
    return await fetchResult(member.session, ridOf(member))
  } catch (error) {
    for (const other of order.members.filter(each => each !== member)) {
      const copies = await fetchCopies(other.session, ridOf(other)).catch(() => undefined)
      const copy = copies?.get(endpoint)
      if (copy !== undefined) return copy
    }
    throw error
  }
}

const textOf = ({ files }: KeptResult, name: string): string => files.get(name)?.toString('utf8') ?? ''

function outputOf(result: KeptResult): Output {
  const { exit } = result.facts
  return {
    ...{ stdout: textOf(result, 'stdout'), stderr: textOf(result, 'stderr') },
    code: typeof exit === 'number' ? exit : undefined,
  }
}

const filesOf = (flow: string, sender: KeptResult, receiver: KeptResult | undefined): CollectedFlow['files'] =>
  [
    { name: `${flow}.sender.out`, bytes: sender.files.get('stdout') },
    { name: `${flow}.sender.err`, bytes: sender.files.get('stderr') },
    { name: `${flow}.receiver.out`, bytes: receiver?.files.get('stdout') },
    { name: `${flow}.receiver.err`, bytes: receiver?.files.get('stderr') },
  ].flatMap(({ name, bytes }) => (bytes === undefined || bytes.length === 0 ? [] : [{ name, bytes }]))
