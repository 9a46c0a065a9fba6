import { readFileSync, writeFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { commandIn } from '../fixtures/command.ts'
import { suite } from '../fixtures/suite.ts'
import { type BrokenInventory, broken } from './broken-inventories.ts'

const test = suite('cli/broken-inventories')

/** One block per inventory: what is wrong with it, then all that is said. Read every change to it before committing. */
const file = 'test/cli/broken-inventories.txt'

async function said({ files, argv, ...options }: BrokenInventory): Promise<string> {
  const [first = ''] = Object.keys(files)
  const { code, stdout, stderr } = await commandIn(files, ['inventory', ...(argv ?? ['-i', first, '--list'])], options)
  assert.equal([code, stdout], [2, ''])
  return stderr.replaceAll(/^/gm, '  ').trimEnd()
}

if (process.env['LOCKSTEP_REFRESH'] === '1') {
  const blocks: string[] = []
  for (const each of broken) blocks.push(`${each.what}\n${await said(each)}\n`)
  writeFileSync(file, blocks.join('\n'))
}

const expected = new Map(
  readFileSync(file, 'utf8')
    .split(/\n\n(?=\S)/)
    .map(block => {
      const [what = '', ...lines] = block.trimEnd().split('\n')
      return [what, lines.join('\n')]
    }),
)

test('the table holds at least 60 inventories, each with a name of its own', () => {
  assert.ok(broken.length >= 60)
  assert.equal(
    [...expected.keys()],
    broken.map(({ what }) => what),
  )
})

for (const each of broken) {
  test(`says what is wrong and where: ${each.what}`, async () => assert.is(await said(each), expected.get(each.what)))
}

test('nothing that a vault encrypts, and no password, is ever said', () => {
  const text = [...expected.values()].join('\n')
  for (const secret of ['hush', 't0ken', 's3cret', 'pw one']) assert.not.ok(text.includes(secret), secret)
})

test.run()
