import { chmodSync, chownSync, linkSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { dryRun } from '../../src/transport/dry-run.ts'
import { bitsOf, fileStates, textAt } from '../../src/transport/file-states.ts'
import { localTransport } from '../../src/transport/local.ts'
import { withFolder } from '../fixtures/command.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('transport/file-states')
const { signal } = new AbortController()
const here = () =>
  dryRun(localTransport({ env: process.env })).connect({ name: 'A', kind: 'local', address: 'localhost' }, { signal })

const modes: readonly (readonly [string, number])[] = [
  ['-rw-r--r--', 0o644],
  ['----------', 0],
  ['drwxr-xr-x', 0o755],
  ['-rwsr-xr-x', 0o4755],
  ['-rwSr--r--', 0o4644],
  ['-rwxr-sr-x', 0o2755],
  ['-rw-r-Sr--', 0o2644],
  ['drwxrwxrwt', 0o1777],
  ['drwxrwx--T', 0o1770],
]

for (const [letters, bits] of modes) test(`${letters} is ${bits.toString(8)}`, () => assert.is(bitsOf(letters), bits))

test('files, folders, links and what is missing are told as they are', () =>
  withFolder({ 'a b': 'abc', empty: '', "it's $HOME\n*": 'x' }, async cwd => {
    for (const [i, mode] of [0o4755, 0o2640, 0o1600, 0].entries()) {
      writeFileSync(join(cwd, `m${i}`), '')
      chmodSync(join(cwd, `m${i}`), mode)
    }
    mkdirSync(join(cwd, 'folder'), { mode: 0o700 })
    symlinkSync('a b', join(cwd, 'link'))
    symlinkSync('nowhere', join(cwd, 'dangling'))
    linkSync(join(cwd, 'a b'), join(cwd, '-n'))
    const names = ['a b', 'empty', "it's $HOME\n*", '-n', 'm0', 'm1', 'm2', 'folder', 'link', 'dangling', 'no', 'no/no']
    const { states } = await fileStates(
      await here(),
      names.map(name => join(cwd, name)),
      '',
      signal,
    )
    const told = states.map(state =>
      state.kind === 'nothing'
        ? `nothing ${state.folderIsThere}`
        : `${state.kind} ${state.kind === 'link' ? '' : state.mode.toString(8)} ${state.sum?.slice(0, 6) ?? ''}`.trim(),
    )
    assert.equal(told, [
      'file 644 ba7816',
      'file 644 e3b0c4',
      'file 644 2d7116',
      'file 644 ba7816',
      'file 4755 e3b0c4',
      'file 2640 e3b0c4',
      'file 1600 e3b0c4',
      'folder 700',
      'link',
      'link',
      'nothing true',
      'nothing false',
    ])
  }))

test('owners come as numbers, also those that are asked for by name', () =>
  withFolder({ file: '' }, async cwd => {
    const path = join(cwd, 'file')
    if (process.getuid?.() === 0) chownSync(path, 12_345, 23_456)
    const { uid, gid } = statSync(path)
    const me = userInfo()
    const own = { uid: me.uid, gid: me.gid }
    for (const [owner, wanted] of [
      ['', { uid: undefined, gid: undefined }],
      ['root', { uid: 0, gid: undefined }],
      ['root:root', { uid: 0, gid: 0 }],
      ['17:18', { uid: 17, gid: 18 }],
      ['no-such-user:no-such-group', { uid: undefined, gid: undefined }],
    ] as const) {
      const { owners, states } = await fileStates(await here(), [path], owner, signal)
      assert.equal(owners, { own, wanted }, owner)
      assert.equal(states[0]?.kind === 'file' && [states[0].uid, states[0].gid], [uid, gid])
    }
  }))

test('more paths than go into one question are all told, in their order', () =>
  withFolder({}, async cwd => {
    const paths = Array.from({ length: 250 }, (_, i) => join(cwd, `f${i}`))
    for (const [i, path] of paths.entries()) if (i % 7 === 0) writeFileSync(path, '')
    const { states } = await fileStates(await here(), paths, '', signal)
    assert.equal(
      states.map(({ kind }) => kind),
      paths.map((_, i) => (i % 7 === 0 ? 'file' : 'nothing')),
    )
  }))

test('the text of a file, and of none', () =>
  withFolder({ '-x': 'a\nb' }, async cwd => {
    const host = await here()
    assert.is(await textAt(host, join(cwd, '-x'), signal), 'a\nb')
    assert.is(await textAt(host, join(cwd, 'no'), signal), undefined)
  }))

test.run()
