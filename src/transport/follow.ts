import { LockstepError } from '../errors/error.ts'
import { deadline, orAborted } from './deadline.ts'
import { askSizes } from './file-question.ts'
import { logSplitter } from './log-stream.ts'
import { isPlainName } from './tether-lines.ts'
import type { ExecResult, HostConnection, RemoteProcess } from './transport.ts'

/** Whoever runs a command, or answers the question that stands for it. */
interface Asked {
  readonly name: string
  exec(
    argv: readonly string[],
    options: { readonly timeoutMs: number; readonly question: readonly string[] },
  ): Promise<ExecResult>
}

export interface Follower {
  /** Waits until every byte that is in the files now was delivered; gives up after 2 s, as what is late comes later. */
  settle(host: Asked): Promise<void>
  /** Delivers every byte that is in the files now, and stops following. */
  finish(): Promise<void>
}

const finishLimitMs = 10_000
const settleLimitMs = 2_000

/**
 * Follows the log files of a tether's folder on one channel, from their first byte. The files are created when missing,
 * as the programs that will write them may not run yet. `onData` gets the very bytes of each file, in order.
 */
export async function followLogs(
  connection: HostConnection,
  folder: string,
  files: readonly string[],
  onData: (file: string, chunk: Buffer) => void,
): Promise<Follower> {
  if (files.length === 0) return { settle: () => Promise.resolve(), finish: () => Promise.resolve() }
  const odd = files.find(file => !isPlainName(file) || file.includes('\n'))
  if (odd !== undefined) throw new LockstepError('HOST_FILE', `a log cannot be called ${JSON.stringify(odd)}`)
  const names = new Map(files.map(file => [`${folder}/${file}`, file]))
  const delivered = new Map(files.map(file => [file, 0]))
  const waiting = new Set<() => void>()
  const note = ({ file, chunk }: { file: string; chunk: Buffer }) => {
    delivered.set(file, (delivered.get(file) ?? 0) + chunk.length)
    onData(file, chunk)
  }
  const deliver = (piece: { file: string; chunk: Buffer }) => {
    note(piece)
    for (const look of [...waiting]) look()
  }
  const process = await connection.spawn(['sh', '-c', followScript, 'lockstep-follow', folder, ...names.keys()])
  const splitter = logSplitter(names)
  process.stdout.on('data', (chunk: Buffer) => {
    for (const piece of splitter.take(chunk)) deliver(piece)
  })
  process.stderr.resume()
  return {
    async settle(host) {
      const sizes = await sizesOf(host, folder, [...delivered.keys()])
      const limit = deadline(settleLimitMs, () => new LockstepError('SSH_TIMEOUT', 'the logs are late'))
      const isThere = () => [...sizes].every(([file, size]) => (delivered.get(file) ?? 0) >= size)
      let look = () => {}
      const there = new Promise<void>(resolve => {
        look = () => {
          for (const piece of splitter.waitsFor(file => (sizes.get(file) ?? 0) - (delivered.get(file) ?? 0)))
            note(piece)
          if (isThere()) resolve()
        }
      })
      waiting.add(look)
      look()
      try {
        await orAborted(there, limit.signal).catch(error => {
          if (error !== limit.signal.reason) throw error
        })
      } finally {
        waiting.delete(look)
        limit.done()
      }
    },
    async finish() {
      await stop(process, connection.name)
      for (const piece of splitter.rest()) deliver(piece)
      await fetchRest(connection, folder, delivered, deliver)
    },
  }
}

/**
 * Words: FOLDER FILE... The end of our stdin ends tail. A link that is cut brings no such end, so the shell also leaves
 * a record (see tether.sh.ts) by which the tether ends its session.
 */
const followScript = String.raw`umask 077
state=$1/.tether
shift
for file; do : >>"$file" || exit 1; done
exec 3<&0
read -r pid _ </proc/self/stat
while IFS= read -r part; do line=$part; done </proc/self/stat
set_start() { start=${'$'}{22} session=$6; }
set_start 1 2 ${'$'}{line##*) }
if [ -d "$state" ]; then printf '%s\n' "$pid $start $session $start $start" >"$state/f.$pid"; fi
tail -n +1 -v -f -- "$@" 3<&- &
tail=$!
{ while read -r _; do :; done; kill "$tail"; } <&3 >/dev/null 2>&1 &
stdin=$!
wait "$tail"
kill "$stdin"
rm -f "$state/f.$pid"`

/** Half a second for what is on its way; what tail has not said then is fetched. */
async function stop(process: RemoteProcess, host: string): Promise<void> {
  const limit = deadline(
    finishLimitMs,
    () => new LockstepError('SSH_TIMEOUT', `the log reader on ${host} did not end within ${finishLimitMs / 1000} s`),
  )
  try {
    process.stdin.end()
    await orAborted(process.ended, limit.signal)
  } catch (error) {
    process.close()
    throw error
  } finally {
    limit.done()
  }
}

/** Compares what was delivered with what is in the files, and delivers the difference. */
async function fetchRest(
  connection: HostConnection,
  folder: string,
  delivered: ReadonlyMap<string, number>,
  deliver: (piece: { file: string; chunk: Buffer }) => void,
): Promise<void> {
  const sizes = await sizesOf(connection, folder, [...delivered.keys()])
  for (const [file, size] of sizes) {
    const have = delivered.get(file) ?? 0
    if (size < have)
      throw new LockstepError(
        'HOST_FILE',
        `${file} on ${connection.name} has become shorter: ${size} octets of ${have}`,
      )
    if (size === have) continue
    const rest = await connection.exec(['tail', '-c', `+${have + 1}`, '--', `${folder}/${file}`], {
      timeoutMs: finishLimitMs,
    })
    if (rest.code !== 0) throw unreadable(connection.name, `${folder}/${file}`, rest.stderr)
    deliver({ file, chunk: rest.stdout })
  }
}

async function sizesOf(
  connection: Asked,
  folder: string,
  files: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { argv, question } = askSizes(files.map(file => `${folder}/${file}`))
  const { code, stdout, stderr } = await connection.exec(argv, { question, timeoutMs: finishLimitMs })
  if (code !== 0) throw unreadable(connection.name, folder, stderr)
  const sizes = stdout.toString('utf8').trim().split(/\s+/).map(Number)
  return new Map(files.map((file, i) => [file, sizes[i] ?? 0]))
}

const unreadable = (host: string, path: string, stderr: Buffer) =>
  new LockstepError('HOST_FILE', `${path} on ${host} cannot be read: ${stderr.toString('utf8').trim()}`)
