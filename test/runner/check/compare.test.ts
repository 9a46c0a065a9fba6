import * as assert from 'uvu/assert'
import { compare, type WantedOwner } from '../../../src/runner/check/compare.ts'
import type { FilePreview } from '../../../src/runner/check/events.ts'
import type { FileState } from '../../../src/transport/file-states.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('runner/check/compare')

const file = { kind: 'file', to: '/x', mode: 0o644, sum: 'aa' } as const
const folder = { kind: 'folder', to: '/x', mode: 0o755, sum: undefined } as const
const is = (more: Partial<Extract<FileState, { mode: number }>> = {}): FileState => ({
  ...{ kind: 'file', mode: 0o644, uid: 0, gid: 0, sum: 'aa' },
  ...more,
})
const by = (uid: number, named: WantedOwner['named'] = 'nobody', wanted: Partial<WantedOwner['wanted']> = {}) => ({
  named,
  own: { uid, gid: uid },
  wanted: { uid: undefined, gid: undefined, ...wanted },
})

type Case = readonly [what: string, is: FileState, outcome: FilePreview['outcome'], why: string, by?: WantedOwner]

const files: readonly Case[] = [
  ['the same', is(), 'unchanged', ''],
  ['another content', is({ sum: 'bb' }), 'change', 'content'],
  ['another mode', is({ mode: 0o4600 }), 'change', 'mode 4600 to 0644'],
  ['another content and mode', is({ sum: 'bb', mode: 0o600 }), 'change', 'content, mode 0600 to 0644'],
  ['a content that cannot be read', is({ sum: undefined }), 'unknown', 'its content cannot be compared'],
  ['the same, and another mode', is({ sum: undefined, mode: 0 }), 'change', 'its content cannot be compared'],
  ['nothing', { kind: 'nothing', folderIsThere: true }, 'new', ''],
  ['no folder', { kind: 'nothing', folderIsThere: false }, 'new', 'the folder that it goes into is not there now'],
  ['a link, even to the same', is({ kind: 'link', sum: undefined }), 'change', 'a symbolic link is there'],
  ['a device', is({ kind: 'other' }), 'change', 'something is there that is no file'],
  ['a folder', is({ kind: 'folder' }), 'impossible', 'a folder is there'],
  ["somebody's file, as root", is({ uid: 7, gid: 8 }), 'unchanged', ''],
  ["somebody else's file, as a user", is(), 'change', 'owner', by(7)],
  ["the user's own file, of another group", is({ uid: 7, gid: 8 }), 'unchanged', '', by(7)],
  ['the owner that is asked for', is({ uid: 7 }), 'unchanged', '', by(0, 'user', { uid: 7 })],
  ['another owner', is(), 'change', 'owner', by(0, 'user', { uid: 7 })],
  ['an owner that the host does not know', is(), 'change', 'owner', by(0, 'user')],
  ['the owner and group', is({ uid: 7, gid: 8 }), 'unchanged', '', by(0, 'user and group', { uid: 7, gid: 8 })],
  ['another group', is({ uid: 7, gid: 9 }), 'change', 'owner', by(0, 'user and group', { uid: 7, gid: 8 })],
]

const folders: readonly Case[] = [
  ['a folder, whatever its mode', is({ kind: 'folder', mode: 0o700 }), 'unchanged', ''],
  [
    'its owner, and then the mode counts',
    is({ kind: 'folder', mode: 0o700, uid: 7 }),
    'change',
    'mode 0700 to 0755',
    by(0, 'user', { uid: 7 }),
  ],
  ['a file', is(), 'impossible', 'a file is there, and no folder'],
  ['nothing', { kind: 'nothing', folderIsThere: true }, 'new', ''],
]

for (const [entry, cases] of [
  [file, files],
  [folder, folders],
] as const)
  for (const [what, state, outcome, why, who = by(0)] of cases)
    test(`a pushed ${entry.kind} meets ${what}: ${outcome}`, () => {
      const preview = compare(entry, state, who)
      assert.equal([preview.outcome, (preview.why ?? []).join(', ')], [outcome, why])
    })

test.run()
