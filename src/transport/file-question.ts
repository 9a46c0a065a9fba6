/** Each file behind a line with its length; one that is not there is empty. */
const catAll = `for file do
  [ -r "$file" ] || { echo 0; continue; }
  length=$(wc -c <"$file")
  echo "$length"
  head -c "$length" "$file"
done`

/** A command for a host, and the question to its worker that has the same answer. */
export interface Asking {
  readonly argv: readonly string[]
  readonly question: readonly string[]
}

/** Asks for the octets of these files; what is missing or cannot be read is empty. */
export const askFiles = (paths: readonly string[]): Asking => ({
  argv: ['sh', '-c', catAll, 'sh', ...paths],
  question: ['files', ...paths],
})

/** The answer to `askFiles`, in the same order. */
export function readFiles(answer: Buffer, paths: readonly string[]): ReadonlyMap<string, Buffer> {
  const read = new Map<string, Buffer>()
  let at = 0
  for (const path of paths) {
    const end = answer.indexOf(10, at)
    const length = Number(answer.toString('latin1', at, end))
    read.set(path, answer.subarray(end + 1, end + 1 + length))
    at = end + 1 + length
  }
  return read
}

/** Asks for the lengths of these files, a line each. */
export const askSizes = (paths: readonly string[]): Asking => ({
  argv: ['sh', '-c', 'for file do wc -c <"$file" || exit 1; done', 'sh', ...paths],
  question: ['sizes', ...paths],
})

/** Asks for the system clock in ns UTC, a line. A date(1) that knows no nanoseconds says something else. */
export const askTime: Asking = { argv: ['date', '+%s%N'], question: ['time'] }
