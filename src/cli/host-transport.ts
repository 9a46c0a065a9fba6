import { ownBroker } from '../client/own-endpoint.ts'
import { connectTo } from '../transport/connect.ts'
import type { Transport } from '../transport/transport.ts'
import type { Io } from './io.ts'

/** The way to every host, and to this machine as an end of reserved tests. */
export const hostTransport = ({ env, root }: Io): Transport => ({
  ...connectTo({ env }),
  ownBroker: (clockError, signal) => ownBroker({ root, env, clockError }, signal),
})
