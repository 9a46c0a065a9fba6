import { randomBytes } from 'node:crypto'
import { openTether } from '../transport/tether.ts'
import type { CommandOptions } from '../transport/tether-contract.ts'
import type { ExecResult, HostConnection } from '../transport/transport.ts'

/**
 * Runs one command on a host without claiming it. It ends with us, whatever becomes of us: nothing that it has started
 * stays in its session.
 */
export async function oneCommand(
  connection: HostConnection,
  argv: readonly string[],
  { owner, ...options }: CommandOptions & { readonly owner: string; readonly signal: AbortSignal },
): Promise<ExecResult> {
  const run = randomBytes(8).toString('hex')
  const tether = await openTether(connection, { run, owner, signal: options.signal, claim: false })
  try {
    return await tether.exec(argv, options)
  } finally {
    if (!connection.lost.aborted) await tether.end()
  }
}
