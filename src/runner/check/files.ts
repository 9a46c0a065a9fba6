import { createHash } from 'node:crypto'
import type { Action } from '../../playbook/step.ts'
import type { AskedHost } from '../../transport/dry-run.ts'
import { fileStates, textAt } from '../../transport/file-states.ts'
import { unifiedDiff } from '../../units/diff.ts'
import { matching } from '../steps/pull.ts'
import { entriesOf, type Push, type PushedEntry } from '../steps/push.ts'
import { compare, type WantedOwner } from './compare.ts'
import type { FilePreview } from './events.ts'

export interface FilesGround {
  readonly host: AskedHost
  /** Paths of the controller start there. */
  readonly workFolder: string
  readonly diff: boolean
  readonly signal: AbortSignal
}

/** What a push would change, path by path. */
export async function pushPreview(action: Push, ground: FilesGround): Promise<readonly FilePreview[]> {
  const { host, workFolder, signal } = ground
  const entries = entriesOf(action, workFolder)
  const owner = action.owner ?? ''
  const paths = entries.map(({ to }) => to)
  const { owners, states } = await fileStates(host, paths, owner, signal)
  const named: WantedOwner['named'] = owner === '' ? 'nobody' : owner.includes(':') ? 'user and group' : 'user'
  const previews = states.map((state, i) => {
    const entry = entries[i] as PushedEntry // one state for each entry
    const sum = entry.kind === 'file' ? createHash('sha256').update(entry.bytes()).digest('hex') : undefined
    return { entry, preview: compare({ ...entry, sum }, state, { ...owners, named }) }
  })
  const shown: FilePreview[] = []
  for (const { entry, preview } of previews) shown.push(ground.diff ? await withDiff(entry, preview, ground) : preview)
  return shown
}

async function withDiff(entry: PushedEntry, preview: FilePreview, { host, signal }: FilesGround): Promise<FilePreview> {
  if (entry.kind === 'folder' || (preview.outcome !== 'new' && preview.outcome !== 'change')) return preview
  const before = preview.outcome === 'new' ? undefined : await textAt(host, entry.to, signal)
  const after = entry.bytes().toString('utf8')
  if (before?.includes('\0') || after.includes('\0')) return preview
  const diff = unifiedDiff(entry.to, before, after)
  return diff === '' ? preview : { ...preview, diff }
}

/** What a pull would bring now. */
export async function pullPreview(
  { from }: Extract<Action, { kind: 'pull' }>,
  { host, signal }: FilesGround,
): Promise<readonly FilePreview[]> {
  const { files, missing } = await matching(from, argv => host.ask(argv, { signal, maxBytes: 16 << 20 }))
  return [
    ...files.map((path): FilePreview => ({ path, outcome: 'found' })),
    ...missing.map((path): FilePreview => ({ path, outcome: 'missing' })),
  ]
}
