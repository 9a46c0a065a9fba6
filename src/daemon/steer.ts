import { userInfo } from 'node:os'
import { LockstepError } from '../errors/error.ts'
import { moment } from '../units/micros.ts'
import type { Answers } from '../wire/book-answers.ts'
import { type BookRequest, requestMessage } from '../wire/book-messages.ts'
import type { JsonMessage } from '../wire/json-lines.ts'
import { reachDaemon } from './daemon-link.ts'

/** What an administrator of the host can be told, and tell, at the host itself. */
export type Steering = 'pause' | 'drain' | 'resume' | 'list'

/** `until`: us since 1970 UTC. Gives what is to be said to people. */
export async function steer(socket: string, what: Steering, until: number | undefined): Promise<string> {
  if (what === 'list')
    return listed((await askDaemon(socket, { id: '2', op: 'list', from: undefined, to: undefined })) as Answers['list'])
  const instant = until === undefined ? undefined : moment(until)
  const { live } = (await askDaemon(socket, { id: '2', op: 'admin', do: what, until: instant })) as Answers['admin']
  const left = `${live} ${live === 1 ? 'reservation is' : 'reservations are'} not over`
  if (what === 'resume') return `reservations are taken again; ${left}\n`
  const end = until === undefined ? 'until lockstepd resume' : `until ${new Date(until / 1_000).toISOString()}`
  return `no new reservations are taken ${end}; ${left}\n`
}

/** One question, by whoever administers the host: the folder of the socket lets nobody else in. */
async function askDaemon(path: string, request: BookRequest): Promise<Readonly<Record<string, unknown>>> {
  const link = await reachDaemon(path)
  try {
    const as = {
      identity: userInfo().username,
      local: true,
      class: undefined,
      fingerprint: undefined,
      address: undefined,
    }
    await link.send(requestMessage({ id: '1', op: 'hello', as }))
    await link.send(requestMessage(request))
    for await (const message of link.messages)
      if (message['id'] === request.id || message['ok'] === false) return granted(message)
    throw new LockstepError('BOOK_SOCKET', 'lockstepd has closed the connection without an answer')
  } finally {
    link.drop()
  }
}

function granted(message: JsonMessage): Readonly<Record<string, unknown>> {
  if (message['ok'] === true) return message
  throw new LockstepError('BOOK_SOCKET', `lockstepd refuses: ${message['code']}, ${message['detail']}`)
}

function listed({ reservations }: Answers['list']): string {
  const rows = reservations.map(({ rid, state, kind, start, duration, reason }) => [
    ...[rid, state, kind, new Date(start / 1_000).toISOString(), `${duration / 1e6}s`],
    reason?.code ?? '',
  ])
  const all = [['reservation', 'state', 'kind', 'start', 'lasts', ''], ...rows]
  const widths = all[0]?.map((_, column) => Math.max(...all.map(row => row[column]?.length ?? 0))) ?? []
  return all
    .map(
      row =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
