import { PassThrough } from 'node:stream'
import * as assert from 'uvu/assert'
import { askSecrets } from '../../src/cli/ask-secret.ts'
import type { LockstepError } from '../../src/errors/error.ts'
import { keptIo } from '../fixtures/io.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('cli/ask-secret')

/** Asks two questions; each text is typed, or comes through the pipe, on its own. */
async function ask(typed: readonly string[], isTTY: boolean) {
  const kept = keptIo('.')
  const raw: boolean[] = []
  const stdin = Object.assign(new PassThrough(), {
    isTTY,
    ...(isTTY ? { setRawMode: (on: boolean) => raw.push(on) } : {}),
  })
  for (const text of typed) stdin.write(text)
  stdin.end()
  const answers = await askSecrets(['one: ', 'two: '], { ...kept.io, stdin }).catch((error: LockstepError) => error)
  return { answers, raw, stderr: kept.stderr(), left: stdin.listenerCount('readable') }
}

const typed: readonly (readonly [what: string, keys: readonly string[], answers: readonly string[]])[] = [
  ['lines', ['abc\r', 'def\r'], ['abc', 'def']],
  ['one key at a time', [...'a b\rc\n'], ['a b', 'c']],
  ['rubbed out', ['ax\u007fb\r', 'xx\b\b\bc\r'], ['ab', 'c']],
  ['begun anew with Ctrl-U', ['wrong\u0015right\r', 'x\r'], ['right', 'x']],
  ['letters of several bytes', ['grün\r', '密\r'], ['grün', '密']],
  ['other keys are passed over', ['a\u0001b\r', '\u001bc\r'], ['ab', 'c']],
]

for (const [what, keys, answers] of typed)
  test(`an answer on a terminal is not shown: ${what}`, async () => {
    const asked = await ask(keys, true)
    assert.equal(asked.answers, answers)
    assert.is(asked.stderr, 'one: \ntwo: \n')
    assert.equal(asked.raw, [true, false])
    assert.is(asked.left, 0)
  })

test('without a terminal the answers are lines of stdin, and nothing is asked', async () => {
  for (const lines of [['abc\ndef\n'], ['ab', 'c\r\nde', 'f'], ['abc\ndef\nmore\n']]) {
    const { answers, stderr } = await ask(lines, false)
    assert.equal([answers, stderr], [['abc', 'def'], ''])
  }
})

test('Ctrl-C interrupts, and the terminal is as it was', async () => {
  const { answers, raw } = await ask(['a\r', 'b\u0003'], true)
  assert.is((answers as LockstepError).code, 'USER_INTERRUPT')
  assert.equal(raw, [true, false])
})

test('no answer is an error: an empty one, Ctrl-D, and the end of stdin', async () => {
  for (const [keys, isTTY] of [
    [['a\r', '\r'], true],
    [['a\r', '\u0004'], true],
    [['a\n'], false],
  ] as const) {
    const { answers } = await ask(keys, isTTY)
    assert.is((answers as LockstepError).message, 'two: nothing was given')
  }
})

test.run()
