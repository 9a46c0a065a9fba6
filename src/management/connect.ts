import { connect, type Socket } from 'node:net'
import { LockstepError } from '../errors/error.ts'

export interface Endpoint {
  /** Address or name. */
  readonly host: string
  readonly port: number
  readonly timeoutMs: number
}

/** A TCP connection to a management port, for hosts that are reached without ssh. */
export function connectTcp({ host, port, timeoutMs }: Endpoint): Promise<Socket> {
  const where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true })
    const fail = (message: string, hint: string, cause?: unknown) => {
      clearTimeout(timer)
      socket.destroy() // nothing has been sent, so nothing can be left unread
      reject(new LockstepError('WIRE_CONNECT', `no connection to ${where}: ${message}`, { hint, cause }))
    }
    const timer = setTimeout(fail, timeoutMs, `no answer in ${timeoutMs} ms`, silentHint)
    const refused = (error: NodeJS.ErrnoException) => fail(error.message, hints[error.code ?? ''] ?? otherHint, error)
    socket.once('error', refused)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', refused)
      resolve(socket)
    })
  })
}

const silentHint = 'a firewall drops the packets, the host is down, or more clients than isochron lets in are waiting'
const otherHint = 'check the address, and that isochron daemon or isochron rcv runs there'
const hints: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'isochron daemon or isochron rcv does not run there, or on another port or address (--stats-port)',
  EHOSTUNREACH: 'check the route to the host',
  ENETUNREACH: 'check the route to the host',
  ENOTFOUND: 'the name is unknown to the resolver of this machine',
}
