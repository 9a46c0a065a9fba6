import { LockstepError } from '../errors/error.ts'
import type { AskedHost } from './dry-run.ts'

/** What is at a path of a host. Owners are numbers. */
export type FileState =
  | { readonly kind: 'nothing'; readonly folderIsThere: boolean }
  | {
      readonly kind: 'file' | 'folder' | 'link' | 'other'
      readonly mode: number
      readonly uid: number
      readonly gid: number
      /** SHA-256 of a file in hexadecimal digits; undefined: it cannot be had. */
      readonly sum: string | undefined
    }

/** Who looks, and the numbers of whoever shall own: undefined where the host knows nobody of that name. */
export interface Owners {
  readonly own: { readonly uid: number; readonly gid: number }
  readonly wanted: { readonly uid: number | undefined; readonly gid: number | undefined }
}

/** So many paths are asked for at a time. */
const pathsAtOnce = 200

/** What is at these paths, in their order. `owner`: `user` or `user:group`, or empty. */
export async function fileStates(
  host: AskedHost,
  paths: readonly string[],
  owner: string,
  signal: AbortSignal,
): Promise<{ readonly owners: Owners; readonly states: readonly FileState[] }> {
  const states: FileState[] = []
  let owners: Owners | undefined
  for (let from = 0; from < paths.length; from += pathsAtOnce) {
    const some = paths.slice(from, from + pathsAtOnce)
    const { code, stdout, stderr } = await host.ask(['sh', '-c', script, 'sh', owner, ...some], { signal })
    const [head = '', ...lines] = stdout.toString('utf8').trimEnd().split('\n')
    if (code !== 0 || lines.length !== some.length)
      throw new LockstepError('HOST_FILE', `${host.name} does not say what is there: ${stderr.toString('utf8').trim()}`)
    owners ??= ownersIn(head)
    states.push(...lines.map(stateIn))
  }
  return { owners: owners ?? ownersIn(''), states }
}

function ownersIn(line: string): Owners {
  const [uid, gid, wantedUid, wantedGid] = line.split(' ').map(word => (/^\d+$/.test(word) ? Number(word) : undefined))
  return { own: { uid: uid ?? -1, gid: gid ?? -1 }, wanted: { uid: wantedUid, gid: wantedGid } }
}

function stateIn(line: string): FileState {
  const [kind, mode = '', uid, gid, sum = '-'] = line.split(' ')
  if (kind === 'nothing') return { kind, folderIsThere: mode === 'there' }
  return {
    kind: kind === 'file' || kind === 'folder' || kind === 'link' ? kind : 'other',
    mode: bitsOf(mode),
    uid: Number(uid),
    gid: Number(gid),
    sum: sum === '-' ? undefined : sum,
  }
}

/** Permission bits out of what ls prints: `-rwsr-x--T`. */
export function bitsOf(letters: string): number {
  const [, ...each] = letters
  return each.reduce((bits, letter, i) => {
    const right = /[rwxst]/.test(letter) ? 1 << (8 - i) : 0
    const special = /[sStT]/.test(letter) ? 1 << (11 - Math.floor(i / 3)) : 0
    return bits | right | special
  }, 0)
}

/** Words: OWNER PATHS... First who looks and who shall own, then a line for each path; `-` where something is not known. */
const script = `owner=$1
shift
number() { case $1 in '' | *[!0-9]*) return 1 ;; esac; echo "$1"; }
user=\${owner%%:*} group=
case $owner in *:*) group=\${owner#*:} ;; esac
uid=$(number "$user" || id -u -- "$user" 2>/dev/null)
gid=$(number "$group" || { getent group "$group" || grep "^$group:" /etc/group; } 2>/dev/null | cut -d: -f3)
echo "$(id -u) $(id -g) \${uid:--} \${gid:--}"
attributes() {
  set -f
  set -- $(ls -ldn -- "$1")
  echo "\${1%[.+@]} $3 $4"
}
for path; do
  sum=- parent=.
  case $path in */*) parent=\${path%/*}/ ;; esac
  if [ -L "$path" ]; then kind=link
  elif [ -d "$path" ]; then kind=folder
  elif [ -f "$path" ]; then
    kind=file
    sum=$({ sha256sum <"$path"; } 2>/dev/null)
    sum=\${sum%% *}
  elif [ -e "$path" ]; then kind=other
  elif [ -d "$parent" ]; then echo 'nothing there'; continue
  else echo 'nothing missing'; continue
  fi
  echo "$kind $(attributes "$path") \${sum:--}"
done`

/** The text of a file of at most 16 MiB; undefined when there is none, or none that can be read. */
export async function textAt(host: AskedHost, path: string, signal: AbortSignal): Promise<string | undefined> {
  const { code, stdout } = await host.ask(['cat', '--', path], { signal, maxBytes: 16 << 20 })
  return code === 0 ? stdout.toString('utf8') : undefined
}
