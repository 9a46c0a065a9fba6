import type { Readable, Writable } from 'node:stream'

/** Everything of the outside world that a command may touch besides files and hosts. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown }
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** The folder of the package: schemas/, playbooks/ and the lab's C sources lie below it. */
  readonly root: string
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly interrupted: AbortSignal
}
