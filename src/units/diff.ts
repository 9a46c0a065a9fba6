/** Lines around a change that are shown as well. */
const around = 3
/** Beyond so many differing lines on both sides together the whole middle is shown as replaced. */
const mostCells = 4_000_000

type Edit = { readonly sign: ' ' | '-' | '+'; readonly line: string }

/** The unified diff of a text that is there (undefined: nothing is) and the one to come; empty when they are equal. */
export function unifiedDiff(name: string, before: string | undefined, after: string): string {
  if (before === after) return ''
  const edits = editsOf(linesOf(before ?? ''), linesOf(after))
  const head = [before === undefined ? '--- /dev/null' : `--- ${name}`, `+++ ${name}`]
  return `${[...head, ...hunks(edits)].join('\n')}\n`
}

/** A last line without its newline is another line than one with it. */
function linesOf(text: string): string[] {
  const lines = text.split('\n')
  const last = lines.pop() ?? ''
  return last === '' ? lines : [...lines, `${last}\n\\ No newline at end of file`]
}

/** Longest common subsequence of what lies between the common beginning and end. */
function editsOf(before: readonly string[], after: readonly string[]): Edit[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let end = 0
  while (end < before.length - start && end < after.length - start && before.at(-1 - end) === after.at(-1 - end)) end++
  const same = (lines: readonly string[]) => lines.map((line): Edit => ({ sign: ' ', line }))
  return [
    ...same(before.slice(0, start)),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ]
}

function middle(before: readonly string[], after: readonly string[]): Edit[] {
  const gone = (lines: readonly string[]) => lines.map((line): Edit => ({ sign: '-', line }))
  const come = (lines: readonly string[]) => lines.map((line): Edit => ({ sign: '+', line }))
  if (before.length * after.length > mostCells) return [...gone(before), ...come(after)]
  const width = after.length + 1
  const lengths = new Uint32Array((before.length + 1) * width)
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      lengths[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const edits: Edit[] = []
  let [i, j] = [0, 0]
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) {
      edits.push({ sign: ' ', line: before[i++] ?? '' })
      j++
    } else if (at(i + 1, j) >= at(i, j + 1)) edits.push({ sign: '-', line: before[i++] ?? '' })
    else edits.push({ sign: '+', line: after[j++] ?? '' })
  }
  return [...edits, ...gone(before.slice(i)), ...come(after.slice(j))]
}

function hunks(edits: readonly Edit[]): string[] {
  const changes = edits.flatMap(({ sign }, i) => (sign === ' ' ? [] : [i]))
  const ranges: [number, number][] = []
  for (const i of changes) {
    const last = ranges.at(-1)
    if (last !== undefined && i - around <= last[1]) last[1] = i + around + 1
    else ranges.push([Math.max(0, i - around), i + around + 1])
  }
  return ranges.flatMap(([from, to]) => [
    headOf(edits, from, to),
    ...edits.slice(from, to).map(({ sign, line }) => sign + line),
  ])
}

/** `@@ -first,count +first,count @@`; a side without lines counts from the line before. */
function headOf(edits: readonly Edit[], from: number, to: number): string {
  const side = (other: '-' | '+') => {
    const count = (part: readonly Edit[]) => part.filter(({ sign }) => sign !== other).length
    const before = count(edits.slice(0, from))
    const own = count(edits.slice(from, to))
    return `${own === 0 ? before : before + 1}${own === 1 ? '' : `,${own}`}`
  }
  return `@@ -${side('+')} +${side('-')} @@`
}
