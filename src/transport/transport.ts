import type { Duplex, Readable, Writable } from 'node:stream'

/** Where a host is and how to get in: what the inventory or the playbook said of it. */
export interface Target {
  /** The name that people see. */
  readonly name: string
  readonly kind: 'ssh' | 'local'
  readonly address: string
  readonly port?: number
  readonly user?: string
  readonly privateKeyFile?: string
  readonly password?: string
  readonly hostKeyChecking?: boolean
  readonly connectTimeoutS?: number
  /** Words of the ssh client's command line: `-o UserKnownHostsFile=…`, `-J …`, `-i …`. */
  readonly sshArgs?: readonly string[]
  /** Everything on the connection is done as this user: `connect` gives that view of it. */
  readonly become?: Become
}

/** Whom to become on a host after the login, and how. */
export interface Become {
  readonly method: 'sudo'
  readonly user: string
  /** Goes through the program's stdin, never through an argv. */
  readonly password?: string
  /** The program; default sudo. */
  readonly exe?: string
  /** Its options; default -H. Whether it may ask is ours to say: -n and -S are passed over. */
  readonly flags?: readonly string[]
}

export interface ExecOptions {
  readonly stdin?: string | Uint8Array
  /** The command is given up, and its channel closed, after this long. */
  readonly timeoutMs: number
  /** Refuses more output than this; default 64 MiB. */
  readonly maxBytes?: number
  readonly signal?: AbortSignal
  /** Hears the output while the command runs. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', chunk: Buffer) => void
}

export interface ExecResult {
  /** Undefined when the program was ended by a signal. A link that died is an error, never a result. */
  readonly code: number | undefined
  readonly signal: string | undefined
  readonly stdout: Buffer
  readonly stderr: Buffer
}

/** A program on the other side whose three streams are ours. */
export interface RemoteProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Settles when the program has ended; what it has left behind may still hold its streams. Rejects as 'ended' does. */
  readonly exited: Promise<{ readonly code: number | undefined; readonly signal: string | undefined }>
  /** Settles when the channel is closed; rejects with the reason when the link died. */
  readonly ended: Promise<{ readonly code: number | undefined; readonly signal: string | undefined }>
  /** Closes the channel without waiting. */
  close(): void
}

/** One connection to one host. Commands are argv arrays; quoting happens inside. */
export interface HostConnection {
  readonly name: string
  /** Aborted with a LockstepError as its reason when the host is lost (never by close()). */
  readonly lost: AbortSignal
  /**
   * The same link as another user; undefined: as the login itself. Costs nothing until it is used. A host that does not let
   * the login become that user fails what is run there with HOST_BECOME.
   */
  as(become: Become | undefined): HostConnection
  exec(argv: readonly string[], options: ExecOptions): Promise<ExecResult>
  /** `signal` gives the opening up, not the process. */
  spawn(argv: readonly string[], signal?: AbortSignal): Promise<RemoteProcess>
  /** A TCP connection to `port` on the host's own loopback (or `host` as seen from there). */
  forward(port: number, host?: string): Promise<Duplex>
  close(): Promise<void>
}

export interface Transport {
  /**
   * The argv that takes the place of lockstep-broker on this machine itself, where no sshd gives it to a login; starts what
   * it speaks to. `clockError`: how wrong the clock may be, where nothing on this machine says it.
   */
  ownBroker?(clockError: string | undefined, signal: AbortSignal): Promise<readonly string[]>
  /** These are about to be connected to: what can be asked for all of them at once is. */
  foresee?(targets: readonly Target[]): void
  /** Connects, checks the host key, logs in. Fails with an SSH_ error that says what to do. */
  connect(target: Target, options: { readonly signal: AbortSignal }): Promise<HostConnection>
}
