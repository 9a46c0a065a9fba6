/** A value out of JSON that nobody has checked. */
export type Member = unknown

/** Undefined when the text is no whole JSON. */
export function parseWhole(text: string): Member | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What stands at a path; undefined where the path leads nowhere. Only own members count. */
export function memberOf(value: Member, ...path: readonly (string | number)[]): Member {
  return path.reduce<Member>(
    (at, name) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? Reflect.get(at, name) : undefined,
    value,
  )
}

/** A finite number at a path. */
export function numberAt(value: Member, ...path: readonly (string | number)[]): number | undefined {
  const found = memberOf(value, ...path)
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined
}
