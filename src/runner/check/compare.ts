import type { FileState, Owners } from '../../transport/file-states.ts'
import type { FilePreview } from './events.ts'

/** A file or folder as a push wants it. */
export interface WantedEntry {
  readonly kind: 'file' | 'folder'
  readonly to: string
  readonly mode: number
  /** SHA-256 of a file's content, in hexadecimal digits. */
  readonly sum: string | undefined
}

/** Whether an owner was asked for, and what the host knows of owners. */
export interface WantedOwner extends Owners {
  readonly named: 'nobody' | 'user' | 'user and group'
}

/** What a push would do at a path: the same decision as that of the scripts of steps/push.ts, without doing it. */
export function compare(entry: WantedEntry, state: FileState, owner: WantedOwner): FilePreview {
  const { to: path, kind } = entry
  const is = (outcome: FilePreview['outcome'], ...why: readonly string[]): FilePreview =>
    why.length === 0 ? { path, outcome } : { path, outcome, why }
  if (state.kind === 'nothing')
    return state.folderIsThere ? is('new') : is('new', 'the folder that it goes into is not there now')
  if (kind === 'folder') {
    if (state.kind === 'file' || state.kind === 'other') return is('impossible', 'a file is there, and no folder')
    // A folder that is there keeps its mode where no owner is named.
    return owner.named === 'nobody' || state.kind === 'link'
      ? is('unchanged')
      : changed(differences(entry, state, owner))
  }
  if (state.kind === 'folder') return is('impossible', 'a folder is there')
  if (state.kind === 'link') return is('change', 'a symbolic link is there')
  if (state.kind === 'other') return is('change', 'something is there that is no file')
  const others = differences(entry, state, owner)
  if (state.sum === undefined) return is(others.length > 0 ? 'change' : 'unknown', 'its content cannot be compared')
  return changed([...(state.sum === entry.sum ? [] : ['content']), ...others])

  function changed(why: readonly string[]): FilePreview {
    return why.length === 0 ? is('unchanged') : is('change', ...why)
  }
}

type Attributes = Extract<FileState, { readonly mode: number }>

function differences(entry: WantedEntry, state: Attributes, owner: WantedOwner): readonly string[] {
  const wanted = ownersOf(state, owner)
  return [
    ...(state.mode === entry.mode ? [] : [`mode ${octal(state.mode)} to ${octal(entry.mode)}`]),
    ...(state.uid === wanted.uid && state.gid === wanted.gid ? [] : ['owner']),
  ]
}

/** Who owns it afterwards. Only root gives files away, so what others push over somebody's file becomes theirs. */
function ownersOf(state: Attributes, { named, own, wanted }: WantedOwner) {
  if (named === 'user and group') return wanted
  if (named === 'user') return { uid: wanted.uid, gid: state.kind === 'folder' ? state.gid : own.gid }
  return own.uid === 0 || own.uid === state.uid ? state : own
}

const octal = (mode: number) => mode.toString(8).padStart(4, '0')
