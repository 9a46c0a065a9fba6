/** How an inventory reaches its files. Paths are the user's own, relative to where the program was started. */
export interface Files {
  /** The text of a file; undefined when there is none. Throws INVENTORY_ENCODING for what is no UTF-8. */
  readText(path: string): string | undefined
  kind(path: string): 'file' | 'folder' | undefined
  /** The names in a folder, in any order. */
  list(folder: string): readonly string[]
  isExecutable(path: string): boolean
}

/** Ascending byte order of the names, which is the order of their code points. */
export const byName = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
