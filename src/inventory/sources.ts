import { basename, dirname, extname, join } from 'node:path'
import { LockstepError, type Place, problemsOf } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { parseJson } from '../source/json.ts'
import { type Tree, wordFor } from '../source/tree.ts'
import { parseYaml11 } from '../source/yaml11.ts'
import { splitPort } from './address.ts'
import { carryOut, type Draft } from './draft.ts'
import { isVaultText } from './encrypted.ts'
import { readEncryptedSource } from './encrypted-source.ts'
import { byName, type Files } from './files.ts'
import { readIni } from './ini.ts'
import { isListForm, readListForm } from './list-source.ts'
import { type ProgramOutput, readOutput } from './programs.ts'
import { newReport, passOn, type Report, remarkAt, remarkText } from './report.ts'
import type { Statement } from './statements.ts'
import type { VaultPassword } from './vault.ts'
import { pluginOf, readGroups } from './yaml.ts'

/** What sources are read with. */
export interface SourceReading {
  readonly draft: Draft
  readonly files: Files
  /** Of Ansible Vault. */
  readonly passwords: readonly VaultPassword[]
  /** What inventory scripts printed, by their path; others are refused. */
  readonly outputs: ReadonlyMap<string, ProgramOutput>
  /** Where a source was named, if a file did. */
  readonly placeOf: (source: string) => Place | undefined
  readonly report: Report
}

/** Reads one `-i`: a file, a folder of them, or a list of hosts with commas. */
export function readSource(source: string, reading: SourceReading): void {
  const { draft, files, placeOf, report } = reading
  if (files.kind(source) !== undefined) for (const file of sourceFiles(source, files)) readFile(file, reading)
  else if (source.includes(','))
    carryOut({ statements: readInline(source, draft, report), file: undefined }, draft, report)
  else report.problem('INVENTORY_SOURCE', `there is no inventory '${source}'`, placeOf(source), nearFile(source, files))
}

/** The file that a source is, or every file that is read of a folder, in this order. */
export function sourceFiles(source: string, files: Files): readonly string[] {
  const kind = files.kind(source)
  if (kind !== 'folder') return kind === 'file' ? [source] : []
  return [...files.list(source)]
    .sort(byName)
    .filter(name => !name.startsWith('.') && !skippedNames.includes(name) && !skippedEndings.test(name))
    .flatMap(name => sourceFiles(join(source, name), files))
}

const skippedNames = ['group_vars', 'host_vars', 'vars_plugins']
const skippedEndings = /(?:~|\.(?:bak|orig|swp|rpm|pyc|pyo|md|txt|rst|cfg|retry))$/

function nearFile(source: string, files: Files): string | undefined {
  const folder = dirname(source)
  if (files.kind(folder) !== 'folder') return `there is no folder '${folder}' either`
  return didYouMean(basename(source), files.list(folder)) ?? 'a list of hosts needs a comma: NAME,'
}

/** `node-a,node-b:2222`: ranges are not expanded here, and a host that a source named before stays as it is. */
function readInline(list: string, { hosts }: Draft, report: Report): readonly Statement[] {
  let offset = 0
  return list.split(',').flatMap((part): Statement[] => {
    const text = part.trim()
    const at: Place = { file: list, line: 1, column: offset + part.indexOf(text) + 1 }
    offset += part.length + 1
    if (text === '') return []
    const parts = splitPort(text)
    const ranged = parts.name.includes('[')
    if (ranged) report.warn(remarkAt(at, `ranges are not expanded on the command line: '${text}' is one host`))
    const { name, port } = ranged ? { name: text } : parts
    if (hosts.has(name)) return []
    const variable = port === undefined ? undefined : { value: port, at }
    return [{ kind: 'hosts', names: [name], group: 'ungrouped', port: variable, vars: new Map(), at }]
  })
}

function readFile(path: string, reading: SourceReading): void {
  const { draft, report } = reading
  const own = newReport()
  const statements = statementsIn(path, reading, own)
  if (own.problems.length === 0) carryOut({ statements, file: path }, draft, own)
  passOn(own, report)
}

function statementsIn(path: string, { draft, files, passwords, outputs }: SourceReading, own: Report) {
  const output = outputs.get(path)
  if (output !== undefined) return readOutput(path, output, own)
  const text = textOf(path, files, own)
  if (text === undefined) return []
  const known = draft.groups.keys()
  if (isVaultText(text))
    return readEncryptedSource(path, text, { passwords, report: own, read: (...args) => readText(...args, known) })
  if (text.startsWith('#!')) {
    own.problem('INVENTORY_PROGRAM', 'this is a program', startOf(path), runIt(path, files))
    return []
  }
  const statements = readText(path, text, own, known)
  if (own.problems.length > 0 && files.isExecutable(path))
    own.problem('INVENTORY_PROGRAM', 'this file is executable: is it a program?', startOf(path), noProgram)
  return statements
}

/** Without the byte order mark. */
export function textOf(path: string, files: Files, report: Report): string | undefined {
  try {
    const text = files.readText(path)
    if (text === undefined) report.problem('INVENTORY_SOURCE', `cannot read '${path}'`)
    return text?.replace(/^\uFEFF/, '')
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    for (const { code, message, at, hint } of problemsOf(error)) report.problem(code, message, at, hint)
    return undefined
  }
}

const startOf = (file: string): Place => ({ file, line: 1, column: 1 })
const noProgram = 'then it lacks a first line such as #!/usr/bin/python3'
const runIt = (path: string, files: Files) =>
  files.isExecutable(path)
    ? '--run-scripts runs it and reads what it prints'
    : `chmod +x ${path}, and --run-scripts runs it`

const yamlNames = ['.yml', '.yaml', '.json']

function readText(path: string, text: string, report: Report, known: Iterable<string>): readonly Statement[] {
  const ending = extname(path)
  if (ending !== '' && !yamlNames.includes(ending)) return readIni(path, text, known, report)
  const asYaml = newReport()
  const { root, statements } = readYaml(path, text, asYaml)
  if (statements !== undefined && asYaml.problems.length === 0) {
    passOn(asYaml, report)
    return statements
  }
  const asIni = newReport()
  const lines = readIni(path, text, known, asIni)
  const isPlugin = asYaml.problems.some(({ code }) => code === 'INVENTORY_PROGRAM')
  const isIni = asIni.problems.length === 0 && !isPlugin
  if (isIni && ending !== '' && lines.length > 0)
    report.warn(remarkAt(startOf(path), `this is no YAML inventory (${asYaml.problems[0]?.message}): read as INI`))
  // Of two forms that both fail, the one that the author seems to have meant is explained.
  const meantAsYaml = ending !== '' || root?.kind === 'mapping'
  passOn(isIni || !meantAsYaml ? asIni : asYaml, report)
  return lines
}

interface YamlReading {
  readonly root: Tree | undefined
  /** Undefined when it is no inventory in YAML; the report says why. */
  readonly statements?: readonly Statement[]
}

function readYaml(path: string, text: string, report: Report): YamlReading {
  const json = /^\s*\{/.test(text) ? parseJson(path, text) : undefined
  if (json?.kind === 'mapping' && isListForm(json)) return { root: json, statements: readListForm(json, report) }
  const root = json ?? readDocument(path, text, report)
  if (root?.kind !== 'mapping') {
    if (report.problems.length === 0)
      report.problem(
        'INVENTORY_SHAPE',
        `an inventory is a mapping of groups, got ${wordFor(root)}`,
        root?.at ?? startOf(path),
      )
    return { root }
  }
  const plugin = pluginOf(root)
  if (plugin === undefined) return { root, statements: readGroups(root, report) }
  const hint = 'run ansible-inventory --list with it and use what that prints'
  report.problem('INVENTORY_PROGRAM', `this configures the inventory plugin '${plugin.name}'`, plugin.at, hint)
  return { root }
}

/** The document of a YAML file; what is wrong with it goes to the report. */
export function readDocument(path: string, text: string, report: Report): Tree | undefined {
  const { root, problems, warnings } = parseYaml11(path, text)
  for (const { message, at, hint } of problems) report.problem('INVENTORY_YAML', message, at, hint)
  for (const warning of warnings) report.warn(remarkText(warning))
  return root
}
