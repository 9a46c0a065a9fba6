import { execFile } from 'node:child_process'
import { quoteArgv } from './quote.ts'
import { Slots } from './slots.ts'
import { parseSshConfig, type SshSettings } from './ssh-config.ts'
import { askLimitMs, askSsh, type Environment } from './ssh-settings.ts'

/** Asks ssh what it would do with these words. */
export type AskSsh = (words: readonly string[]) => Promise<SshSettings>

export interface SshQuestions {
  readonly ask: AskSsh
  /** Will be asked soon, and not in the same turn: each once, and the answer is the one of now. */
  foresee(words: readonly string[]): void
}

interface Question {
  readonly words: readonly string[]
  readonly answer: (settings: SshSettings | Promise<SshSettings>) => void
}

/** Shells at a time, and how much one of them is asked at most: an argument has an end (execve(2), 128 KiB). */
const shells = 4
const mostQuestions = 64

/**
 * Questions that come in the same turn share a few shells: to start a process holds this program up for longer than
 * ssh takes to answer.
 */
export function sshQuestions(env: Environment): SshQuestions {
  const foreseen = new Map<string, Promise<SshSettings>>()
  const slots = new Slots(shells)
  let waiting: Question[] = []
  const ask = () => {
    const size = Math.min(mostQuestions, Math.ceil(waiting.length / shells))
    for (let from = 0; from < waiting.length; from += size)
      void askTogether(waiting.slice(from, from + size), env, slots)
    waiting = []
  }
  const answerTo: AskSsh = words =>
    new Promise(answer => {
      if (waiting.push({ words, answer }) === 1) setImmediate(ask)
    })
  return {
    ask: words => {
      const name = words.join('\0')
      const known = foreseen.get(name)
      foreseen.delete(name)
      return known ?? answerTo(words)
    },
    foresee: words => {
      const answer = answerTo(words)
      answer.catch(() => undefined) // heard by whoever asks
      foreseen.set(words.join('\0'), answer)
    },
  }
}

/** What the shell has no answer to is asked again alone: that says what is wrong. */
async function askTogether(questions: readonly Question[], env: Environment, slots: Slots): Promise<void> {
  const release = await slots.take()
  const answers = questions.length === 1 ? undefined : await askShell(questions, env)
  release()
  for (const [i, { words, answer }] of questions.entries()) {
    const said = answers?.get(i)
    answer(said === undefined ? askSsh(words, env) : parseSshConfig(said))
  }
}

/** By the number of the question. An answer counts only with the line behind it, so none is cut off. */
function askShell(questions: readonly Question[], env: Environment): Promise<ReadonlyMap<number, string>> {
  const lines = questions.map(({ words }, i) => `${quoteArgv(['ssh', '-G', ...words])} && echo '@ ${i}' || echo '@ no'`)
  const options = { env: env as NodeJS.ProcessEnv, timeout: askLimitMs, maxBuffer: 16 << 20 }
  return new Promise(resolve => {
    const child = execFile('sh', ['-c', lines.join('\n')], options, (_error, stdout) => {
      const pieces = stdout.split(/^@ (\w+)\n/m)
      const answers = new Map<number, string>()
      for (let at = 0; at + 1 < pieces.length; at += 2)
        if (pieces[at + 1] !== 'no') answers.set(Number(pieces[at + 1]), pieces[at] ?? '')
      resolve(answers)
    })
    child.stdin?.end()
  })
}
