/** Rows as text with the columns under each other: the first to the left, figures to the right unless `left` says so. */
export function columns(rows: readonly (readonly string[])[], left: ReadonlySet<number> = new Set([0])): string[] {
  const widths = (rows[0] ?? []).map((_, x) => Math.max(...rows.map(row => row[x]?.length ?? 0)))
  return rows.map(row =>
    row
      .map((cell, x) => (left.has(x) ? cell.padEnd(widths[x] ?? 0) : cell.padStart(widths[x] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

/** A stranger's text on one line of a terminal: control characters become blanks. */
export const oneLine = (text: string) => text.replaceAll(/\p{Cc}+/gu, ' ').trim()
