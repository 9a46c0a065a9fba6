/** JSON for files and wires: bigints become decimal strings, Maps become objects, Sets arrays. */
export const toJson = (value: unknown, indent?: number): string => JSON.stringify(value, replacer, indent)

function replacer(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Map) return Object.fromEntries(value)
  if (value instanceof Set) return [...value]
  return value
}
