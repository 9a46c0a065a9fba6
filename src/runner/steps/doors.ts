import type { Duplex } from 'node:stream'
import type { ExecResult } from '../../transport/transport.ts'

export interface CommandOptions {
  readonly stdin?: string | Uint8Array | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Default: where the login begins. */
  readonly cwd?: string | undefined
  readonly timeoutMs: number
  readonly maxBytes?: number
  readonly signal: AbortSignal
  readonly onOutput?: ((stream: 'stdout' | 'stderr', chunk: Buffer) => void) | undefined
  /** Undefined: as everything else on the host; false: as the login itself. */
  readonly become?: { readonly user: string } | false | undefined
}

/** What steps need of a host. */
export interface HostDoor {
  readonly name: string
  /** The run's own folder on the host, removed at the end. */
  readonly folder: string
  readonly lost: AbortSignal
  /** Runs shell lines. */
  readonly shell: string
  /** One command, which ends with the run, whatever becomes of us. */
  exec(argv: readonly string[], options: CommandOptions): Promise<ExecResult>
  /** Copies a file of the host, of any size, whole or not at all. */
  fetch(path: string, to: string, options: Pick<CommandOptions, 'timeoutMs' | 'signal' | 'become'>): Promise<void>
  /** A TCP connection as the host itself would make it. */
  forward(port: number, address: string): Promise<Duplex>
  /** Registers a command that the host runs at the end; the last one registered is run first. */
  undo(id: string, argv: readonly string[]): Promise<void>
  forget(id: string): Promise<void>
}
