/**
 * An argv as one line for a POSIX shell: every word in single quotes, which keep all bytes but the quote itself.
 * The one place where a command stops being an array.
 */
export const quoteArgv = (argv: readonly string[]): string => argv.map(quoteWord).join(' ')

/** One word in single quotes. Refuses NUL, which no argument can hold (execve(2)). */
export function quoteWord(word: string): string {
  if (word.includes('\0')) throw new RangeError(`an argument cannot hold a NUL byte: ${JSON.stringify(word)}`)
  return `'${word.replaceAll("'", "'\\''")}'`
}

/**
 * The same for a reader that takes one line at a time and has a newline in its variable `nl`: a newline leaves the
 * single quotes and becomes `"$nl"`.
 */
export const quoteArgvOnOneLine = (argv: readonly string[]): string => quoteArgv(argv).replaceAll('\n', `'"$nl"'`)
