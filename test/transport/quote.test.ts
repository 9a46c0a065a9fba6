import { execFileSync } from 'node:child_process'
import * as assert from 'uvu/assert'
import { quoteArgv, quoteArgvOnOneLine, quoteWord } from '../../src/transport/quote.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('transport/quote')

const words = [
  '',
  ' ',
  'plain',
  "it's",
  "'",
  "''",
  '"',
  '$HOME',
  '`id`',
  '$(id)',
  'a\nb',
  '\n',
  "'\n'",
  '\\',
  '\\n',
  'tab\there',
  '*',
  '~',
  '-n',
  '!!',
  '#',
  ';&|<>',
  'é\u{1f600}',
  '\u0001\u007f',
]

for (const shell of [['dash'], ['bash'], ['bash', '--posix']]) {
  test(`every word survives ${shell.join(' ')}`, () => {
    for (const line of [quoteArgv(words), quoteArgvOnOneLine(words)]) {
      const script = `nl='\n'\nprintf '<%s>' ${line}`
      const [program = '', ...more] = shell
      const printed = execFileSync(program, [...more, '-c', script], { encoding: 'utf8' })
      assert.is(printed, words.map(word => `<${word}>`).join(''))
    }
  })
}

test('the one-line form has no newline', () => assert.not(quoteArgvOnOneLine(words).includes('\n')))

test('NUL is refused, as no argument can hold it', () => assert.throws(() => quoteWord('a\0b'), /NUL/))

test.run()
