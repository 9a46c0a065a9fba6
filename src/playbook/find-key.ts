import { depthOf, type KeyEntry } from './reference.ts'

/**
 * The entries that `wanted` may mean: a whole path, in which names of hosts and flows stand or are left out
 * (`flows.a.from`, `flows.from`), else the end of one (`gate`, `gate.offset`), where keys nearer to the top win.
 */
export function findKeys(entries: readonly KeyEntry[], wanted: string): readonly KeyEntry[] {
  const whole = entries.filter(({ path }) => path === wanted || pattern(path).test(wanted)).slice(0, 1)
  if (whole.length > 0) return whole
  const ends = entries.filter(({ path, sameAs }) => sameAs === undefined && `.${keyWords(path)}`.endsWith(`.${wanted}`))
  const least = Math.min(...ends.map(({ path }) => depthOf(keyWords(path))))
  return ends.filter(({ path }) => depthOf(keyWords(path)) === least)
}

/** Everything that `findKeys` would find if it were spelt like this. */
export const knownKeys = (entries: readonly KeyEntry[]): readonly string[] => [
  ...new Set(entries.flatMap(({ path }) => [keyWords(path), path.slice(path.lastIndexOf('.') + 1)])),
]

/** `flows.NAME.from` → `flows.from`: what is left when the names that an author gives are taken out. */
const keyWords = (path: string) => path.replaceAll('[]', '').replace(givenName, '.')

/** The name of a host or flow that stands between two keys. */
const givenName = /\.(?:NAME|HOST|GROUP)\./g

const patterns = new Map<string, RegExp>()

function pattern(path: string): RegExp {
  const known = patterns.get(path)
  if (known !== undefined) return known
  const made = new RegExp(`^${path.replaceAll('[]', '').split(givenName).join('(\\.[^.]+)?\\.')}$`)
  patterns.set(path, made)
  return made
}
