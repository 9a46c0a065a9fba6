import type { Become, ExecResult, HostConnection, Target, Transport } from './transport.ts'

/** A host that is only asked: no process stays there, no file is made, nothing is claimed. */
export interface AskedHost {
  readonly name: string
  /** The same link as another user; undefined: as the login itself. */
  as(become: Become | undefined): AskedHost
  /** Runs a command that reads and prints. */
  ask(argv: readonly string[], options: AskOptions): Promise<ExecResult>
  close(): Promise<void>
}

export interface AskOptions {
  readonly signal: AbortSignal
  /** Default 1 MiB. */
  readonly maxBytes?: number
}

/** The doors of `--check`: they connect and log in as a run does, and lead to hosts that can be asked and no more. */
export interface DryRun {
  connect(target: Target, options: { readonly signal: AbortSignal }): Promise<AskedHost>
}

export const dryRun = (transport: Transport): DryRun => ({
  connect: async (target, options) => asked(await transport.connect(target, options)),
})

const askLimitMs = 30_000

const asked = (connection: HostConnection): AskedHost => ({
  name: connection.name,
  as: become => asked(connection.as(become)),
  ask: (argv, { signal, maxBytes = 1 << 20 }) => connection.exec(argv, { timeoutMs: askLimitMs, maxBytes, signal }),
  close: () => connection.close(),
})

/** Who has claimed the host now; empty when the claim does not say, undefined when nobody has. */
export async function claimantOf(host: AskedHost, signal: AbortSignal): Promise<string | undefined> {
  const { stdout } = await host.ask(['sh', '-c', claimScript], { signal })
  const [, owner] = /^claimed ?(.*)$/m.exec(stdout.toString('utf8')) ?? []
  return owner
}

/** Looks where the tether's find_claim does. A claim whose process is gone, or was started at another time, is none. */
const claimScript = `for dir in /run/lock /run /tmp; do [ -d "$dir" ] && [ -w "$dir" ] && break; done
[ -f "$dir/lockstep.claim" ] && read -r pid start owner <"$dir/lockstep.claim" && [ -n "$start" ] || exit 0
line=
while IFS= read -r part; do line=$part; done <"/proc/$pid/stat" || exit 0
[ -n "$line" ] || exit 0
set -f
set -- \${line##*) }
case $1 in Z | X | x) exit 0 ;; esac
[ "\${20}" = "$start" ] && printf 'claimed %s\\n' "$owner"
exit 0`
