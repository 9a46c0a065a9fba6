import { basename, dirname, extname, join } from 'node:path'
import { LockstepError, type Place, problemsOf } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { parseJson } from '../source/json.ts'
import { type Tree, wordFor } from '../source/tree.ts'
import { parseYaml11 } from '../source/yaml11.ts'
import { splitPort } from './address.ts'
import { carryOut, type Draft } from './draft.ts'
import { isVaultText } from './encrypted.ts'
import { byName, type Files } from './files.ts'
import { readIni } from './ini.ts'
import { isListForm, readListForm } from './list-source.ts'
import { newReport, passOn, type Report, remarkAt, remarkText } from './report.ts'
import type { Statement } from './statements.ts'
import { pluginOf, readGroups } from './yaml.ts'

/** Reads one `-i`: a file, a folder of them, or a list of hosts with commas. */
export function readSource(source: string, draft: Draft, files: Files, report: Report): void {
  const kind = files.kind(source)
  if (kind === 'folder') readFolder(source, draft, files, report)
  else if (kind === 'file') readFile(source, draft, files, report)
  else if (source.includes(','))
    carryOut({ statements: readInline(source, draft, report), file: undefined }, draft, report)
  else report.problem('INVENTORY_SOURCE', `there is no inventory '${source}'`, undefined, nearFile(source, files))
}

const skippedNames = ['group_vars', 'host_vars', 'vars_plugins']
const skippedEndings = /(?:~|\.(?:bak|orig|swp|rpm|pyc|pyo|md|txt|rst|cfg|retry))$/

function readFolder(folder: string, draft: Draft, files: Files, report: Report): void {
  for (const name of [...files.list(folder)].sort(byName))
    if (!name.startsWith('.') && !skippedNames.includes(name) && !skippedEndings.test(name))
      readSource(join(folder, name), draft, files, report)
}

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

function readFile(path: string, draft: Draft, files: Files, report: Report): void {
  const text = textOf(path, files, report)
  if (text === undefined) return
  const own = newReport()
  const known = draft.groups.keys()
  const statements = refusal(path, text, own) ? [] : readText(path, text, known, own)
  if (own.problems.length === 0) carryOut({ statements, file: path }, draft, own)
  else if (files.isExecutable(path) && !text.startsWith('#!'))
    own.problem('INVENTORY_PROGRAM', 'this file is executable: is it a program?', startOf(path), runIt(path))
  passOn(own, report)
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
const runIt = (path: string) => `run it and use what it prints: ${path} --list > hosts.json`

function refusal(path: string, text: string, report: Report): boolean {
  if (text.startsWith('#!')) report.problem('INVENTORY_PROGRAM', 'this is a program', startOf(path), runIt(path))
  else if (isVaultText(text))
    report.problem('INVENTORY_VAULT', 'this inventory is encrypted', startOf(path), 'decrypt it with ansible-vault')
  return report.problems.length > 0
}

const yamlNames = ['.yml', '.yaml', '.json']

function readText(path: string, text: string, known: Iterable<string>, report: Report): readonly Statement[] {
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
