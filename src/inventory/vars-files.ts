import { dirname, extname, join } from 'node:path'
import { parseJson } from '../source/json.ts'
import { type Tree, wordFor } from '../source/tree.ts'
import { isVaultText } from './encrypted.ts'
import { byName, type Files } from './files.ts'
import { type Report, remarkAt } from './report.ts'
import { readDocument, textOf } from './sources.ts'
import { type Variables, variablesOf } from './variable.ts'

/** What `group_vars/` and `host_vars/` of one folder say, by name of group and host. */
export interface VarsFiles {
  readonly groups: ReadonlyMap<string, Variables>
  readonly hosts: ReadonlyMap<string, Variables>
}

export interface Names {
  readonly groups: Iterable<string>
  readonly hosts: Iterable<string>
}

/** The folders whose variables belong to these sources, in their order, each once. */
export function foldersBeside(sources: readonly string[], files: Files): readonly string[] {
  const folders = sources.flatMap(source => {
    const kind = files.kind(source)
    if (kind === 'folder') return [source]
    return kind === 'file' ? [dirname(source)] : []
  })
  // The last mention counts, since the later of two sources wins.
  return folders.filter((folder, i) => folders.lastIndexOf(folder) === i)
}

export function readVarsFiles(folder: string, names: Names, files: Files, report: Report): VarsFiles {
  return {
    groups: readEach(join(folder, 'group_vars'), names.groups, files, report),
    hosts: readEach(join(folder, 'host_vars'), names.hosts, files, report),
  }
}

/** In this order; the first that exists is the only one that is read. */
const endings = ['', '.yml', '.yaml', '.json']

function readEach(folder: string, names: Iterable<string>, files: Files, report: Report): Map<string, Variables> {
  const found = new Map<string, Variables>()
  if (files.kind(folder) !== 'folder') return found
  const entries = new Set(files.list(folder))
  for (const name of names) {
    const entry = endings.map(ending => name + ending).find(each => entries.has(each))
    if (entry === undefined) continue
    const vars: Variables = new Map()
    for (const path of filesOf(join(folder, entry), files)) readInto(vars, path, files, report)
    found.set(name, vars)
  }
  return found
}

/** A file, or all files of a folder in order of their names; folders inside it are entered in the same order. */
function filesOf(path: string, files: Files): readonly string[] {
  if (files.kind(path) !== 'folder') return [path]
  return [...files.list(path)].sort(byName).flatMap(name => {
    const inner = join(path, name)
    const ending = extname(name)
    if (name.startsWith('.') || name.endsWith('~')) return []
    if (files.kind(inner) === 'folder') return ending === '' ? filesOf(inner, files) : []
    return endings.includes(ending) ? [inner] : []
  })
}

function readInto(vars: Variables, path: string, files: Files, report: Report): void {
  const text = textOf(path, files, report)
  if (text === undefined) return
  const start = { file: path, line: 1, column: 1 }
  if (isVaultText(text)) {
    report.warn(remarkAt(start, 'this file is encrypted: its variables are missing'))
    return
  }
  const root = parseJson(path, text) ?? readDocument(path, text, report)
  for (const part of mappingsIn(root, report))
    for (const [name, value] of variablesOf(part, report)) vars.set(name, value)
}

/** A mapping, or a list of mappings; nothing is fine. */
function mappingsIn(root: Tree | undefined, report: Report): readonly Tree[] {
  const parts = root?.kind === 'list' ? root.items : root === undefined ? [] : [root]
  const wrong = parts.find(part => part.kind !== 'mapping')
  if (wrong === undefined) return parts
  report.problem('INVENTORY_SHAPE', `a file of variables is a mapping, got ${wordFor(wrong)}`, wrong.at)
  return []
}
