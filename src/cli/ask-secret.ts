import { LockstepError } from '../errors/error.ts'
import type { Io } from './io.ts'

/**
 * Asks one question after the other and gives the answers: on a terminal nothing of them is shown; otherwise each is a
 * line of stdin. Throws USER_INTERRUPT on Ctrl-C, USAGE_VALUE when an answer is missing.
 */
export async function askSecrets(questions: readonly string[], io: Io): Promise<readonly string[]> {
  const answers: string[] = []
  const { stdin } = io
  const keys = new Keys(io)
  stdin.setRawMode?.(true)
  try {
    for (const question of questions) {
      if (stdin.isTTY) io.stderr.write(question)
      const answer = await keys.line()
      if (stdin.isTTY) io.stderr.write('\n')
      if (answer === '') throw new LockstepError('USAGE_VALUE', `${question.replace(/:? *$/, '')}: nothing was given`)
      answers.push(answer)
    }
    return answers
  } finally {
    stdin.setRawMode?.(false)
    await keys.close()
  }
}

/** What is typed or piped, character by character; lives while questions are asked. */
class Keys {
  readonly #io: Io
  readonly #characters: AsyncGenerator<string>

  constructor(io: Io) {
    this.#io = io
    this.#characters = charactersOf(io.stdin)
  }

  /** One line without its end. On a terminal in raw mode the keys that edit and end it come as they are. */
  async line(): Promise<string> {
    const typed: string[] = []
    for (;;) {
      const { value: key, done } = await this.#characters.next()
      if (done || key === '\n' || key === '\r') return typed.join('')
      if (!this.#io.stdin.isTTY) typed.push(key)
      else if (key === '\u0003') throw new LockstepError('USER_INTERRUPT', 'the user interrupted the question')
      else if (key === '\u0004' && typed.length === 0) return ''
      else if (key === '\u007f' || key === '\b') typed.pop()
      else if (key === '\u0015') typed.length = 0
      else if (key >= ' ') typed.push(key)
    }
  }

  /** Leaves the stream open: it is the process's own. */
  async close(): Promise<void> {
    await this.#characters.return(undefined)
    this.#io.stdin.pause()
  }
}

async function* charactersOf(stdin: Io['stdin']): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  const iterator = stdin.iterator({ destroyOnReturn: false })
  for await (const chunk of iterator) {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk as Buffer, { stream: true })
    // The end of a line typed on Windows is two characters.
    yield* text.replaceAll('\r\n', '\n')
  }
}
