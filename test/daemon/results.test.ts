import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { link, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import * as assert from 'uvu/assert'
import { openResults, type Results } from '../../src/daemon/results.ts'
import { LockstepError } from '../../src/errors/error.ts'
import { refusal } from '../fixtures/processes.ts'
import { needsMounts, withFolder, withSmallDisk } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('results')

const limits = { ttlMs: 1_000, quotaOctets: 1_000, fileOctets: 500, freeOctets: 1 }
const bytes = (text: string) => Readable.from([Buffer.from(text)])

const withResults = (use: (rig: { results: Results; root: string; at(ms: number): void }) => Promise<void>) =>
  withFolder(async folder => {
    let now = 0
    const root = join(folder, 'results')
    const results = await openResults(root, limits, () => now)
    await use({
      ...{ results, root },
      at: ms => {
        now = ms
      },
    })
  })

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all).toString()
}

/** LockstepError's code, or that of the system. */
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    error => (error instanceof LockstepError ? error.code : ((error as NodeJS.ErrnoException).code ?? String(error))),
  )

async function sealed(results: Results, rid: string, text: string): Promise<void> {
  await results.begin(rid)
  await results.put(rid, 'out', bytes(text))
  await results.seal(rid, {})
}

test('a result is its files and a manifest with their sizes and digests', () =>
  withResults(async ({ results, root, at }) => {
    const folder = await results.begin('r1')
    assert.is(folder, join(root, 'r1'))
    await writeFile(join(folder, 'stdout'), 'hello')
    await results.put('r1', 'peer-b.json', bytes('{}'))
    at(77)
    assert.is(await results.manifest('r1'), undefined)
    const manifest = await results.seal('r1', { status: 'done', startError: 12 })
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
    assert.equal(manifest, {
      ...{ rid: 'r1', sealedAt: 77, facts: { status: 'done', startError: 12 } },
      files: [
        { name: 'peer-b.json', size: 2, sha256: sha256('{}') },
        { name: 'stdout', size: 5, sha256: sha256('hello') },
      ],
    })
    assert.equal(await results.manifest('r1'), manifest)
    assert.is(await textOf(results.read('r1', 'stdout')), 'hello')
    assert.is(await codeOf(results.put('r1', 'late', bytes('x'))), 'BOOK_RESULT')
    assert.is(await codeOf(results.begin('r1')), 'EEXIST')
  }))

const tricks = [
  '',
  '.',
  '..',
  '../r2',
  '../../etc/passwd',
  '/etc/passwd',
  'a/b',
  'a\\b/..',
  '.hidden',
  '-rf',
  'a\0b',
  'a\nb',
]
const moreTricks = ['manifest.json', 'ä', 'x'.repeat(101), ' ', 'a b', '%2e%2e', '~', '*']
for (const name of [...tricks, ...moreTricks])
  test(`${JSON.stringify(name.slice(0, 20))} is no name of a result`, () =>
    withResults(async ({ results, root }) => {
      const folder = await results.begin('r1')
      assert.is(await codeOf(results.put('r1', name, bytes('x'))), 'BOOK_RESULT')
      assert.is(await codeOf(results.collect('r1', folder, name)), 'BOOK_RESULT')
      await results.seal('r1', {})
      assert.is(await codeOf(textOf(results.read('r1', name))), 'BOOK_RESULT')
      assert.equal(await readdir(root), ['r1'])
    }))

test('an id that is a path gets no folder', () =>
  withResults(async ({ results }) => {
    for (const rid of ['..', '../x', '/tmp/x', '', 'a/b', '.x', 'x'.repeat(65)]) {
      assert.is(await codeOf(results.begin(rid)), 'BOOK_RESULT', rid)
      assert.is(await codeOf(results.manifest(rid)), 'BOOK_RESULT', rid)
    }
  }))

test('what a test left in its folder is taken only when it is a plain file of its own', () =>
  withResults(async ({ results, root }) => {
    const work = join(root, '../work')
    await mkdir(work)
    await writeFile(join(root, '../secret'), 'secret')
    await results.begin('r1')
    await writeFile(join(work, 'good.dat'), 'figures')
    await symlink('../secret', join(work, 'symlink'))
    await link(join(root, '../secret'), join(work, 'hardlink'))
    await mkdir(join(work, 'folder'))
    assert.is(spawnSync('mkfifo', [join(work, 'pipe')]).status, 0)
    await writeFile(join(work, 'large'), 'x'.repeat(501))
    await results.collect('r1', work, 'good.dat')
    const outcomes = ['symlink', 'hardlink', 'folder', 'pipe', 'large', 'missing'].map(name =>
      codeOf(results.collect('r1', work, name)),
    )
    assert.equal(await Promise.all(outcomes), [
      'ELOOP',
      'BOOK_RESULT',
      'BOOK_RESULT',
      'BOOK_RESULT',
      'BOOK_RESULT',
      'ENOENT',
    ])
    const { files } = await results.seal('r1', {})
    assert.is(files.find(({ name }) => name === 'good.dat')?.size, 7)
    assert.is(
      files.reduce((sum, { size }) => sum + size, 0),
      7,
    )
  }))

test('a link that got into a result is neither written through, nor described, nor read', () =>
  withResults(async ({ results, root }) => {
    const secret = join(root, '../secret')
    await writeFile(secret, 'secret')
    const folder = await results.begin('r1')
    await symlink(secret, join(folder, 'out'))
    assert.is(await codeOf(results.put('r1', 'out', bytes('overwritten'))), 'EEXIST')
    assert.is(await readFile(secret, 'utf8'), 'secret')
    assert.is(await codeOf(results.seal('r1', {})), 'ELOOP')
    await sealed(results, 'r2', 'fine')
    await rm(join(root, 'r2/out'))
    await symlink(secret, join(root, 'r2/out'))
    assert.is(await codeOf(textOf(results.read('r2', 'out'))), 'ELOOP')
  }))

test('a result goes when its time is over, and a test under way does not', () =>
  withResults(async ({ results, root, at }) => {
    await sealed(results, 'old', 'x')
    await results.begin('running')
    at(500)
    await sealed(results, 'young', 'x')
    at(999)
    assert.equal(await results.evict(), [])
    at(1_000)
    assert.equal(await results.evict(), ['old'])
    assert.equal((await readdir(root)).sort(), ['running', 'young'])
    at(1e9)
    assert.equal(await results.evict(), ['young'])
    assert.equal(await readdir(root), ['running'])
  }))

test('beyond the quota the oldest results go first', () =>
  withResults(async ({ results, root, at }) => {
    for (const [i, rid] of ['a', 'b', 'c', 'd'].entries()) {
      at(i)
      await sealed(results, rid, 'x'.repeat(400))
    }
    assert.equal(await results.evict(), ['a', 'b'])
    assert.equal((await readdir(root)).sort(), ['c', 'd'])
  }))

test('evicting takes away links, and never what they lead to', () =>
  withResults(async ({ results, root, at }) => {
    const precious = join(root, '../precious')
    await mkdir(precious)
    await writeFile(join(precious, 'file'), 'x')
    await sealed(results, 'r1', 'x')
    await symlink(precious, join(root, 'r1/link'))
    at(2_000)
    assert.equal(await results.evict(), ['r1'])
    assert.equal(await readdir(precious), ['file'])
  }))

test.unless(needsMounts, 'a disk that is nearly full takes no new result', () =>
  withSmallDisk(1_048_576, async folder => {
    const results = await openResults(join(folder, 'results'), { ...limits, freeOctets: 524_288 }, () => 0)
    await results.begin('r1')
    await writeFile(join(folder, 'filler'), Buffer.alloc(700_000))
    const error = await refusal(results.begin('r2'))
    assert.is(error.code, 'BOOK_DISK')
    assert.match(error.message, /^\d+ octets are free for results, at least 524288 have to be$/)
    assert.is(await codeOf(results.put('r1', 'x', bytes('x'))), 'BOOK_DISK')
    // What is there can still be closed and read.
    await results.seal('r1', {})
  }),
)

test('a file that cannot be written whole is no part of a result', () =>
  withResults(async ({ results }) => {
    await results.begin('r1')
    const broken = async function* () {
      yield Buffer.from('half')
      throw new Error('the peer is gone')
    }
    assert.match(await codeOf(results.put('r1', 'x', broken())), /the peer is gone/)
    const { files } = await results.seal('r1', {})
    assert.equal(files, [])
  }))

test.run()
