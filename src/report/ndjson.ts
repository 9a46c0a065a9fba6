/** The lines of a file that grows line by line; one that is not whole JSON is counted, not read. */
export interface Lines {
  readonly values: readonly Readonly<Record<string, unknown>>[]
  /** Lines that cannot be read: mostly the last one, cut off with the run. */
  readonly broken: number
}

export function parseLines(text: string): Lines {
  const lines = text.split('\n').filter(line => line !== '')
  const values = lines.flatMap(line => objectOf(line))
  return { values, broken: lines.length - values.length }
}

function objectOf(line: string): [Readonly<Record<string, unknown>>] | [] {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? [value as Record<string, unknown>] : []
  } catch {
    return []
  }
}

/** A length of time that JSON carries as decimal text, ns. */
export const bigintOf = (value: unknown): bigint | undefined =>
  typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : undefined

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
export const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
