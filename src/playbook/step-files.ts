import type { Place } from '../errors/error.ts'
import type { SourceNode } from '../source/node.ts'

/** How steps reach the files of this machine. Paths start where the program was started. */
export interface PlayFiles {
  /** The text of a file; undefined when there is none. Throws a LockstepError for what cannot be read. */
  readText(path: string): string | undefined
  kind(path: string): 'file' | 'folder' | undefined
  isReadable(path: string): boolean
}

/** For callers whose playbooks name no files. */
export const noFiles: PlayFiles = {
  readText: () => undefined,
  kind: () => undefined,
  isReadable: () => false,
}

/** What the steps of one file share: where it lies, and the parameters that it was included with. */
export interface FileScope {
  /** As Play.file names it: it starts where the program was started. */
  readonly file: string
  /** `with`: evaluated in the file that wrote it. */
  readonly given: ReadonlyMap<string, { readonly key: Place; readonly value: SourceNode }>
  readonly includedBy: FileScope | undefined
}

/** A path as written in a file, from where the program was started. */
export function pathFrom({ file }: Pick<FileScope, 'file'>, path: string): string {
  if (path.startsWith('/') || !file.includes('/')) return path
  return `${file.slice(0, file.lastIndexOf('/'))}/${path}`.replaceAll(/\/(?:\.\/)+/g, '/')
}

/** A parameter of the file or of one that includes it, with the scope that it is evaluated in. */
export function parameter(
  scope: FileScope,
  name: string,
): { readonly node: SourceNode; readonly scope: FileScope } | undefined {
  const found = scope.given.get(name)
  if (found !== undefined) return { node: found.value, scope: scope.includedBy ?? scope }
  return scope.includedBy && parameter(scope.includedBy, name)
}

/** The names of every parameter that can be seen in the file. */
export const parameterNames = (scope: FileScope): readonly string[] => [
  ...scope.given.keys(),
  ...(scope.includedBy === undefined ? [] : parameterNames(scope.includedBy)),
]
