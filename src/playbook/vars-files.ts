import { LockstepError, placed, problemsOf } from '../errors/error.ts'
import { isVaultText } from '../inventory/encrypted.ts'
import { parseDocument } from '../source/document.ts'
import { expected } from '../source/expected.ts'
import type { Evaluator } from '../source/expressions.ts'
import type { Findings } from '../source/findings.ts'
import { entriesOf, type SourceNode, textOf } from '../source/node.ts'
import { type PlayFiles, pathFrom } from './step-files.ts'

export interface VarsFilesGround {
  /** The playbook, as the user named it. */
  readonly file: string
  readonly files: PlayFiles
  /** With the playbook's `vars` and -e. */
  readonly evaluate: Evaluator
  readonly findings: Findings
}

/** The mappings of `vars_files`, in their order, each with places in its own file. */
export function readVarsFiles(node: SourceNode | undefined, ground: VarsFilesGround): readonly SourceNode[] {
  if (node === undefined || ground.findings.within(node)) return []
  const nodes = node.kind === 'list' ? node.items : [node]
  return nodes.flatMap(each => readVarsFile(each, ground) ?? [])
}

function readVarsFile(node: SourceNode, ground: VarsFilesGround): SourceNode | undefined {
  const { files, findings, evaluate } = ground
  const name = textOf(evaluate.tree(node))
  if (name === undefined) return undefined
  const file = pathFrom(ground, name)
  const stop = (message: string, hint?: string) => {
    findings.add({ code: 'PLAYBOOK_FILE', message, hint, at: node.at })
    return undefined
  }
  try {
    const text = files.readText(file)
    if (text === undefined) return stop(`there is no file '${file}'`)
    if (isVaultText(text)) {
      return stop(`'${file}' is encrypted`, 'what a vault encrypts belongs into the group_vars of an inventory')
    }
    const root = parseDocument(file, text)
    if (root.kind !== 'mapping') {
      findings.add({ code: 'SCHEMA_TYPE', message: expected('a mapping of variables', root), at: root.at })
      return undefined
    }
    for (const [variable, { key }] of entriesOf(root)) {
      if (/^[A-Za-z_]\w*$/.test(variable)) continue
      const message = `'${variable}' cannot be a name here: a name is made of letters, digits and '_'`
      findings.add({ code: 'SCHEMA_VALUE', message, at: key })
    }
    return root
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    for (const problem of problemsOf(error)) findings.add(placed(problem, node.at))
    return undefined
  }
}
