import { LockstepError } from '../errors/error.ts'
import { parseJson } from '../source/json.ts'
import { type Tree, wordFor } from '../source/tree.ts'
import type { Files } from './files.ts'
import { hostStatements, readListForm } from './list-source.ts'
import { newReport, type Report } from './report.ts'
import type { Statement } from './statements.ts'

/** What an inventory script printed. */
export interface ProgramOutput {
  readonly list: string
  /** By host, from `--host HOST`; nothing when the list has `_meta`. */
  readonly hosts: ReadonlyMap<string, string>
}

/**
 * Whether a file can be run as an inventory script. An executable text without `#!` is none: a shell would take a list
 * of hosts for commands.
 */
export function isProgram(path: string, files: Files): boolean {
  if (!files.isExecutable(path)) return false
  try {
    return files.readText(path)?.startsWith('#!') === true
  } catch (error) {
    if (error instanceof LockstepError && error.code === 'INVENTORY_ENCODING') return true
    throw error
  }
}

/** The hosts that `--host` has to be asked about: those of a list without `_meta`. */
export function hostsToAsk(list: string): readonly string[] {
  const root = parseJson('', list)
  if (root?.kind !== 'mapping' || root.entries.has('_meta')) return []
  const statements = readListForm(root, newReport())
  return [...new Set(statements.flatMap(each => (each.kind === 'hosts' ? each.names : [])))]
}

/** Places in what a script printed are those of `PATH --list`, which is no file: they get no code frame. */
export function readOutput(path: string, { list, hosts }: ProgramOutput, report: Report): readonly Statement[] {
  const root = printedMapping(`${path} --list`, list, report)
  if (root === undefined) return []
  const statements = readListForm(root, report)
  const vars = [...hosts].flatMap(([name, text]) => {
    const said = text.trim() === '' ? undefined : printedMapping(`${path} --host ${name}`, text, report)
    return said === undefined ? [] : [[name, said] as const]
  })
  return [...statements, ...hostStatements(vars, statements, report)]
}

function printedMapping(what: string, text: string, report: Report): Extract<Tree, { kind: 'mapping' }> | undefined {
  const root = parseJson(what, text)
  if (root?.kind === 'mapping') return root
  const got = root === undefined ? 'something else' : wordFor(root)
  report.problem('INVENTORY_PROGRAM', `'${what}' prints one mapping in JSON, got ${got}`)
  return undefined
}
