import { dirname, extname, join } from 'node:path'
import { parseJson } from '../source/json.ts'
import { type Tree, wordFor } from '../source/tree.ts'
import { isVaultText } from './encrypted.ts'
import { byName, type Files } from './files.ts'
import { newReport, type Report, remarkAt } from './report.ts'
import { readDocument, textOf } from './sources.ts'
import { say, type Variables, variablesOf } from './variable.ts'
import { tryDecrypt, type VaultPassword } from './vault.ts'

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

export interface Reading {
  readonly files: Files
  /** Of Ansible Vault; without any, encrypted files are left out. */
  readonly passwords: readonly VaultPassword[]
  readonly report: Report
}

export function readVarsFiles(folder: string, names: Names, reading: Reading): VarsFiles {
  return {
    groups: readEach(join(folder, 'group_vars'), names.groups, reading),
    hosts: readEach(join(folder, 'host_vars'), names.hosts, reading),
  }
}

/** In this order; the first that exists is the only one that is read. */
const endings = ['', '.yml', '.yaml', '.json']

function readEach(folder: string, names: Iterable<string>, reading: Reading): Map<string, Variables> {
  const { files } = reading
  const found = new Map<string, Variables>()
  if (files.kind(folder) !== 'folder') return found
  const entries = new Set(files.list(folder))
  for (const name of names) {
    const entry = endings.map(ending => name + ending).find(each => entries.has(each))
    if (entry === undefined) continue
    const vars: Variables = new Map()
    for (const path of filesOf(join(folder, entry), files)) readInto(vars, path, reading)
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

function readInto(vars: Variables, path: string, reading: Reading): void {
  const text = textOf(path, reading.files, reading.report)
  if (text === undefined) return
  const read = isVaultText(text) ? readEncrypted(path, text, reading) : readVariables(path, text, reading.report)
  for (const [name, variable] of read) say(vars, name, variable)
}

function readVariables(path: string, text: string, report: Report): Variables {
  const root = parseJson(path, text) ?? readDocument(path, text, report)
  return new Map(mappingsIn(root, report).flatMap(part => [...variablesOf(part, report)]))
}

/** Everything in it is secret, so nothing that is said about it quotes what it says. */
function readEncrypted(path: string, text: string, { passwords, report }: Reading): Variables {
  const at = { file: path, line: 1, column: 1 }
  if (passwords.length === 0) {
    report.warn(remarkAt(at, 'this file is encrypted: its variables are missing (give --vault-password-file)'))
    return new Map()
  }
  const inside = newReport()
  const plain = tryDecrypt(text, passwords, at, report)
  const variables = plain === undefined ? new Map() : readVariables(path, plain, inside)
  const [problem] = inside.problems
  if (problem !== undefined) {
    const line = problem.at?.line ?? 1
    const hint = `ansible-vault view ${path} shows it`
    report.problem('INVENTORY_VAULT', `line ${line} of the decrypted text is not as variables are written`, at, hint)
  }
  return new Map([...variables].map(([name, variable]) => [name, { ...variable, at, secret: true }]))
}

/** A mapping, or a list of mappings; nothing is fine. */
function mappingsIn(root: Tree | undefined, report: Report): readonly Tree[] {
  const parts = root?.kind === 'list' ? root.items : root === undefined ? [] : [root]
  const wrong = parts.find(part => part.kind !== 'mapping')
  if (wrong === undefined) return parts
  report.problem('INVENTORY_SHAPE', `a file of variables is a mapping, got ${wordFor(wrong)}`, wrong.at)
  return []
}
