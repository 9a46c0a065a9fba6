import { randomBytes } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { LockstepError } from '../../errors/error.ts'
import type { Action, TaskResult } from '../../playbook/step.ts'
import { unifiedDiff } from '../../units/diff.ts'
import { plainResult, readLocal } from './command.ts'
import { optionsOf, type TryAtHost } from './try.ts'

export type Push = Extract<Action, { kind: 'push' }>

/** A folder or a file as it shall be on the host. */
export type PushedEntry = { readonly to: string; readonly mode: number } & (
  | { readonly kind: 'folder' }
  | { readonly kind: 'file'; readonly bytes: () => Buffer }
)

/** Everything that a push brings, folders before what is in them. */
export function entriesOf({ from, to, mode }: Push, workFolder: string): readonly PushedEntry[] {
  if ('text' in from) {
    const bytes = Buffer.from(from.text, 'utf8')
    const path = to.endsWith('/') ? `${to}${basename(from.template).replace(/\.j2$/, '')}` : to
    return [{ kind: 'file', to: path, mode: mode ?? 0o644, bytes: () => bytes }]
  }
  const path = resolve(workFolder, from.path)
  const target = to.endsWith('/') && !from.path.endsWith('/') ? `${to}${basename(path)}` : to
  return below(path, target.replace(/(?<=.)\/+$/, ''), mode)
}

function below(path: string, to: string, mode: number | undefined): PushedEntry[] {
  const is = statOf(path)
  const own = is.mode & 0o7777
  // The mode that was asked for is that of files; whoever may read a folder must also be able to enter it.
  const folderMode = mode === undefined ? own : mode | ((mode & 0o444) >> 2)
  if (!is.isDirectory()) return [{ kind: 'file', to, mode: mode ?? own, bytes: () => readLocal(path) }]
  const inside = readdirSync(path).sort()
  return [
    { kind: 'folder', to, mode: folderMode },
    ...inside.flatMap(name => below(join(path, name), `${to}/${name}`, mode)),
  ]
}

function statOf(path: string) {
  try {
    return statSync(path)
  } catch (cause) {
    throw new LockstepError('USAGE_FILE', `cannot read ${path}: ${(cause as Error).message}`, { cause })
  }
}

/** Brings files to a host, each whole or not at all. What was there before is put back at the end, unless they are kept. */
export async function pushFiles(action: Push, at: TryAtHost): Promise<TaskResult> {
  let changed = false
  for (const entry of entriesOf(action, at.workFolder))
    changed = (await (entry.kind === 'folder' ? pushFolder : pushFile)(entry as never, action, at)) || changed
  return plainResult(changed)
}

type Entry<Kind> = Extract<PushedEntry, { kind: Kind }>

async function pushFile({ to, mode, bytes }: Entry<'file'>, action: Push, at: TryAtHost): Promise<boolean> {
  const content = bytes()
  if (at.diff) await showDiff(to, content, at)
  const undo = action.keep ? undefined : await keepWhatIsThere(to, at)
  const words = [to, mode.toString(8), action.owner ?? '', String(content.length)]
  const said = await ask(['sh', '-c', pushScript, 'sh', ...words], at, content)
  const changed = said.trim() !== 'unchanged'
  if (!changed && undo !== undefined) await at.door.forget(undo)
  return changed
}

async function showDiff(to: string, content: Buffer, { door, output, ...at }: TryAtHost): Promise<void> {
  const { code, stdout } = await door.exec(['cat', '--', to], {
    ...optionsOf({ door, output, ...at }),
    maxBytes: 16 << 20,
  })
  const diff = unifiedDiff(to, code === 0 ? stdout.toString('utf8') : undefined, content.toString('utf8'))
  if (diff !== '') output.add('stdout', Buffer.from(diff))
}

/** Undo first, then the copy: so there is no moment at which a change could be left behind. */
async function keepWhatIsThere(to: string, at: TryAtHost): Promise<string> {
  const id = `push-${randomBytes(6).toString('hex')}`
  const kept = `${at.door.folder}/${id}`
  await at.door.undo(id, ['sh', '-c', restoreScript, 'sh', kept, to])
  // By whoever puts it back: the run's folder is closed to others.
  await ask(['sh', '-c', keepScript, 'sh', kept, to], { ...at, become: undefined })
  return id
}

async function pushFolder({ to, mode }: Entry<'folder'>, action: Push, at: TryAtHost): Promise<boolean> {
  const there = (await ask(['sh', '-c', 'if [ -d "$1" ]; then echo there; fi', 'sh', to], at)).trim() === 'there'
  if (!there && !action.keep)
    await at.door.undo(`push-${randomBytes(6).toString('hex')}`, ['sh', '-c', emptyScript, 'sh', to])
  const words = [to, mode.toString(8), action.owner ?? '']
  return (await ask(['sh', '-c', folderScript, 'sh', ...words], at)).trim() !== 'unchanged'
}

async function ask(argv: readonly string[], at: TryAtHost, stdin?: Buffer): Promise<string> {
  const { code, stdout, stderr } = await at.door.exec(argv, { ...optionsOf(at), stdin, maxBytes: 1 << 20 })
  if (code === 0) return stdout.toString('utf8')
  const said = stderr.toString('utf8').trim().split('\n').at(-1) || `exit status ${code}`
  throw new LockstepError('STEP_FAILED', said)
}

/** attributes FILE: its permissions, and its owner in numbers. */
const attributes = `attributes() { set -- $(ls -ldn -- "$1"); echo "\${1%[.+@]} $3 $4"; }`

/** Words: TO MODE OWNER SIZE; the content is stdin. A file that is there keeps its owner where none is named. */
const pushScript = `to=$1 mode=$2 owner=$3 size=$4
${attributes}
if [ -d "$to" ]; then echo "$to is a folder: with a / behind it the file goes into it" >&2; exit 1; fi
umask 077
part=$(mktemp "$(dirname -- "$to")/.lockstep.XXXXXXXXXX") || exit 1
trap 'rm -f -- "$part"' EXIT
trap 'exit 143' HUP INT TERM
cat >"$part"
[ "$(wc -c <"$part")" -eq "$size" ] || { echo "$to did not arrive whole" >&2; exit 1; }
if [ -n "$owner" ]; then chown -- "$owner" "$part" || exit 1
elif [ -f "$to" ]; then set -- $(ls -ldn -- "$to"); chown "$3:$4" "$part" 2>/dev/null
fi
chmod "$mode" "$part" || exit 1
if [ -f "$to" ] && ! [ -L "$to" ] && [ "$(attributes "$to")" = "$(attributes "$part")" ] && cmp -s -- "$part" "$to"; then
  echo unchanged
else
  mv -f -- "$part" "$to" || exit 1
  echo changed
fi`

/** Words: TO MODE OWNER. */
const folderScript = `to=$1 mode=$2 owner=$3
${attributes}
before=
if [ -d "$to" ]; then before=$(attributes "$to"); else mkdir -- "$to" || exit 1; fi
[ -z "$owner" ] || chown -- "$owner" "$to" || exit 1
[ -n "$before" ] && [ -z "$owner" ] || chmod "$mode" "$to" || exit 1
if [ "$(attributes "$to")" = "$before" ]; then echo unchanged; else echo changed; fi`

/** Words: KEPT TO. */
const keepScript = `umask 077
mkdir -- "$1" || exit 1
if [ -e "$2" ] || [ -L "$2" ]; then cp -pP -- "$2" "$1/part" && mv -- "$1/part" "$1/was"; else : >"$1/absent"; fi`

/** Words: KEPT TO. What was not copied yet has not been changed either. */
const restoreScript = `if [ -e "$1/was" ] || [ -L "$1/was" ]; then cp -pP -- "$1/was" "$2.lockstep-back" && mv -f -- "$2.lockstep-back" "$2"
elif [ -e "$1/absent" ]; then rm -f -- "$2"
fi`

/** A folder that others have put something into stays, and is no fault of the run. */
const emptyScript = 'rmdir -- "$1" 2>/dev/null || :'
