import { type BigIntStats, promises } from 'node:fs'

/** A file's content as `parse` takes it, read anew only when the file is another one than last time. */
export function readOnce<T>(parse: (octets: Buffer, path: string) => T): (path: string) => Promise<T> {
  const kept = new Map<string, { readonly state: string; readonly content: Promise<T> }>()
  return async path => {
    const state = stateOf(await promises.stat(path, { bigint: true }))
    const known = kept.get(path)
    if (known?.state === state) return known.content
    const content = promises.readFile(path).then(octets => parse(octets, path))
    kept.set(path, { state, content })
    // One that failed is tried again.
    content.catch(() => kept.get(path)?.content === content && kept.delete(path))
    return content
  }
}

/** What changes whenever a file is written to or replaced. */
const stateOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats) => [dev, ino, size, mtimeNs, ctimeNs].join(' ')
