import type { InventoryVariable } from './inventory.ts'
import { newReport, type Report } from './report.ts'
import type { Statement } from './statements.ts'
import type { Variables } from './variable.ts'
import { tryDecrypt, type VaultPassword } from './vault.ts'

export interface EncryptedReading {
  readonly passwords: readonly VaultPassword[]
  readonly report: Report
  /** Reads the text as an inventory. */
  readonly read: (path: string, text: string, report: Report) => readonly Statement[]
}

/**
 * An inventory that is encrypted as a whole. Names of hosts and groups and how hosts are reached are no secret in it, for
 * the run is made with them; every other variable is. Nothing that is said about it quotes what it says.
 */
export function readEncryptedSource(
  path: string,
  text: string,
  { passwords, report, read }: EncryptedReading,
): readonly Statement[] {
  const at = { file: path, line: 1, column: 1 }
  if (passwords.length === 0) {
    const hint = 'give its password: --vault-password-file FILE or --ask-vault-pass'
    report.problem('INVENTORY_VAULT', 'this inventory is encrypted', at, hint)
    return []
  }
  const plain = tryDecrypt(text, passwords, at, report)
  if (plain === undefined) return []
  const inside = newReport()
  const statements = read(path, plain, inside)
  const [problem] = inside.problems
  if (problem === undefined) return statements.map(statement => sealed(statement, at))
  const line = problem.at?.line ?? 1
  const hint = `ansible-vault view ${path} shows it`
  report.problem('INVENTORY_VAULT', `line ${line} of the decrypted text is not as inventories are written`, at, hint)
  return []
}

/** The places inside are of no use to who sees only what is encrypted. */
function sealed(statement: Statement, at: Statement['at']): Statement {
  if (statement.kind === 'variable')
    return { ...statement, at, variable: sealedVariable(statement.name, statement.variable, at) }
  if (statement.kind !== 'hosts') return { ...statement, at }
  const vars: Variables = new Map()
  for (const [name, variable] of statement.vars) vars.set(name, sealedVariable(name, variable, at))
  const port = statement.port && { ...statement.port, at }
  return { ...statement, at, port, vars }
}

const sealedVariable = (name: string, variable: InventoryVariable, at: Statement['at']): InventoryVariable =>
  isOpen(name) ? { ...variable, at } : { ...variable, at, secret: true }

/** What a run has to write down: who is asked, where, as whom, and at which interface. */
const isOpen = (name: string) =>
  ['interface', 'ansible_group_priority'].includes(name) ||
  (name.startsWith('ansible_') && !/pass(?:word)?$/.test(name))
