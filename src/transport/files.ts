import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { LockstepError } from '../errors/error.ts'
import { deadline, orAborted } from './deadline.ts'
import type { HostConnection } from './transport.ts'

const limitMs = 30_000

/** A file of the host, as bytes. By cat, for what /proc and /sys show has no size that sftp could ask for. */
export async function readFile(connection: HostConnection, path: string, maxBytes: number): Promise<Buffer> {
  const { code, stdout, stderr } = await connection.exec(['cat', '--', path], { timeoutMs: limitMs, maxBytes })
  if (code !== 0) throw trouble(connection, path, 'read', stderr)
  return stdout
}

/** Copies a file of the host to `to` here, whole or not at all; files of any size. */
export async function pullFile(
  connection: HostConnection,
  path: string,
  to: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<void> {
  const late = () =>
    new LockstepError('SSH_TIMEOUT', `${path} of ${connection.name} was not copied within ${timeoutMs / 1000} s`)
  const limit = deadline(timeoutMs, late, signal, connection.lost)
  try {
    await copyOut(connection, path, `${to}.part`, limit.signal)
    await rename(`${to}.part`, to)
  } catch (error) {
    await rm(`${to}.part`, { force: true })
    throw limit.signal.aborted ? limit.signal.reason : error
  } finally {
    limit.done()
  }
}

async function copyOut(connection: HostConnection, path: string, to: string, signal: AbortSignal): Promise<void> {
  const process = await connection.spawn(['cat', '--', path])
  const errors: Buffer[] = []
  process.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  process.stdin.end()
  try {
    // On an abort newer Nodes wait until the channel has closed, which it does only after process.close().
    await orAborted(pipeline(process.stdout, createWriteStream(to), { signal }), signal)
    const { code } = await orAborted(process.ended, signal)
    if (code !== 0) throw trouble(connection, path, 'read', Buffer.concat(errors))
  } catch (error) {
    process.close()
    throw error
  }
}

/**
 * Writes a file of the host, whole or not at all, readable by its owner only. The size travels as well, since a link
 * that breaks in the middle looks like the end of the data.
 */
export async function writeFile(connection: HostConnection, path: string, data: string | Uint8Array): Promise<void> {
  const size = String(Buffer.byteLength(data))
  const { code, stderr } = await connection.exec(['sh', '-c', writeScript, 'sh', path, size], {
    stdin: data,
    timeoutMs: limitMs,
  })
  if (code !== 0) throw trouble(connection, path, 'written', stderr)
}

const writeScript = `umask 077
part=$(mktemp "$1.XXXXXXXXXX") || exit 1
cat >"$part" && [ "$(wc -c <"$part")" -eq "$2" ] && mv -f -- "$part" "$1" && exit 0
rm -f -- "$part"
exit 1`

const trouble = (connection: HostConnection, path: string, what: string, stderr: Buffer) =>
  new LockstepError('HOST_FILE', `${path} on ${connection.name} cannot be ${what}: ${stderr.toString('utf8').trim()}`)
