import * as fc from 'fast-check'
import * as assert from 'uvu/assert'
import { logSplitter } from '../../src/transport/log-stream.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('transport/log-stream')
const names = new Map([
  ['/f/a', 'a'],
  ['/f/b', 'b'],
])

/** What arrives per file when the chunks come as they are. */
function contents(chunks: readonly string[]): Record<string, string> {
  const splitter = logSplitter(names)
  const found: Record<string, string> = {}
  const pieces = [...chunks.flatMap(chunk => splitter.take(Buffer.from(chunk))), ...splitter.rest()]
  for (const { file, chunk } of pieces) found[file] = (found[file] ?? '') + chunk
  return found
}

test('headers switch the file and are no content', () =>
  assert.equal(contents(['==> /f/a <==\none\ntwo\n\n==> /f/b <==\n', 'three', '\n==> /f/a <==\n\nfour']), {
    a: 'one\ntwo\n\nfour',
    b: 'three',
  }))

test('what only looks like a header is content', () =>
  assert.equal(contents(['==> /f/a <==\n\n==> /f/c <==\n==> /f/b <==x\n']), { a: '\n==> /f/c <==\n==> /f/b <==x\n' }))

test('the newline of a line is delivered with it', () => {
  const splitter = logSplitter(names)
  const pieces = splitter.take(Buffer.from('==> /f/a <==\nready\n'))
  assert.is(pieces.map(piece => String(piece.chunk)).join(''), 'ready\n')
})

test('a header may be cut anywhere when the chunk before it is a full read', () => {
  const long = 'x'.repeat(5_000)
  const whole = `==> /f/a <==\n${long}\n==> /f/b <==\nend\n`
  for (let cut = long.length + 13; cut <= whole.length; cut++)
    assert.equal(contents([whole.slice(0, cut), whole.slice(cut)]), { a: long, b: 'end\n' }, `cut at ${cut}`)
})

test('the very first header may be cut anywhere', () => {
  const whole = '==> /f/a <==\nx'
  for (let cut = 0; cut <= 13; cut++) assert.equal(contents([whole.slice(0, cut), whole.slice(cut)]), { a: 'x' })
})

test('any contents survive, written one after the other', async () => {
  const writes = fc.array(
    fc.record({
      file: fc.constantFrom('a', 'b'),
      text: fc.string({ unit: fc.constantFrom('\n', '=', '>', ' ', 'x') }),
    }),
  )
  await fc.assert(
    fc.property(writes, list => {
      const expected: Record<string, string> = {}
      let current: string | undefined
      const chunks = list
        .filter(({ text }) => text !== '')
        .map(({ file, text }) => {
          const header = file === current ? '' : `${current === undefined ? '' : '\n'}==> /f/${file} <==\n`
          current = file
          expected[file] = (expected[file] ?? '') + text
          return header + text
        })
      assert.equal(contents(chunks), expected)
    }),
  )
})

test.run()
