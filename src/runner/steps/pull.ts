import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { LockstepError } from '../../errors/error.ts'
import type { Action, TaskResult } from '../../playbook/step.ts'
import type { ExecResult } from '../../transport/transport.ts'
import { plainResult } from './command.ts'
import { optionsOf, type TryAtHost } from './try.ts'

/** Copies files of a host into the run folder, each below its own path; what arrives is what was there, octet for octet. */
export async function pullFiles(action: Extract<Action, { kind: 'pull' }>, at: TryAtHost): Promise<TaskResult> {
  const ask = (argv: readonly string[]) => at.door.exec(argv, { ...optionsOf(at), maxBytes: 16 << 20 })
  const { files, missing } = await matching(action.from, ask)
  const base = action.to === undefined ? 'pulled' : normalize(action.to)
  for (const file of files) await pullOne(file, join(base, at.door.name, localName(file)), at)
  if (missing.length > 0 && !action.missingOk)
    throw new LockstepError('STEP_FAILED', `nothing there: ${missing.join(', ')}`, {
      hint: files.length > 0 ? 'what is there was pulled' : undefined,
    })
  return plainResult(files.length > 0, files.map(file => `${file}\n`).join(''))
}

/** The path on the host is the path below the folder; `..` would lead out of it. */
const localName = (file: string): string => {
  const name = normalize(join('/', file)).slice(1)
  return relative('.', name).startsWith('..') ? name.replaceAll('..', '_') : name
}

/** Words: patterns, which the host's sh expands. F and a file, M and a pattern that matches nothing, each ended by NUL. */
const listScript = String.raw`IFS=
for pattern; do
  found=
  for path in $pattern; do
    [ -e "$path" ] || continue
    found=1
    find -H "$path" -type f -exec printf 'F%s\0' {} + || exit 1
  done
  [ -n "$found" ] || printf 'M%s\0' "$pattern"
done`

/** Files of a host that the patterns mean, with everything below folders, and the patterns that mean nothing there. */
export async function matching(
  patterns: readonly string[],
  ask: (argv: readonly string[]) => Promise<ExecResult>,
): Promise<{ readonly files: readonly string[]; readonly missing: readonly string[] }> {
  const { code, stdout, stderr } = await ask(['sh', '-c', listScript, 'sh', ...patterns])
  if (code !== 0) throw new LockstepError('STEP_FAILED', stderr.toString('utf8').trim() || `exit status ${code}`)
  const records = stdout.toString('utf8').split('\0').slice(0, -1)
  const of = (kind: string) => records.filter(each => each.startsWith(kind)).map(each => each.slice(1))
  return { files: [...new Set(of('F'))], missing: of('M') }
}

async function pullOne(file: string, name: string, at: TryAtHost): Promise<void> {
  const to = join(at.folder.path, name)
  try {
    mkdirSync(dirname(to), { recursive: true })
    await at.door.fetch(file, to, optionsOf(at))
  } catch (cause) {
    if (cause instanceof LockstepError || (cause as NodeJS.ErrnoException).syscall === undefined) throw cause
    throw new LockstepError('USAGE_FILE', `cannot write ${to}: ${(cause as Error).message}`, { cause })
  }
  await compareSums(file, to, argv => at.door.exec(argv, { ...optionsOf(at), maxBytes: 1 << 16 }))
}

/** Words: FILE SIZE. Of a file that grows meanwhile only what was copied is compared. 127: the host cannot say. */
const sumScript = `command -v sha256sum >/dev/null || exit 127
head -c "$2" <"$1" | sha256sum`

/** Fails when what arrived is not what the host's file begins with. */
export async function compareSums(
  file: string,
  to: string,
  ask: (argv: readonly string[]) => Promise<ExecResult>,
): Promise<void> {
  const { sum, size } = await sumOf(to)
  const { code, stdout } = await ask(['sh', '-c', sumScript, 'sh', file, String(size)])
  if (code === 127) return
  if (code !== 0 || !stdout.toString('utf8').startsWith(sum))
    throw new LockstepError('STEP_FAILED', `${file} changed while it was copied: its SHA-256 is another one`)
}

async function sumOf(path: string): Promise<{ sum: string; size: number }> {
  const hash = createHash('sha256')
  let size = 0
  await pipeline(createReadStream(path), async chunks => {
    for await (const chunk of chunks) {
      hash.update(chunk)
      size += chunk.length
    }
  })
  return { sum: hash.digest('hex'), size }
}
