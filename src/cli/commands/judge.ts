import { resolve } from 'node:path'
import { type ExitCode, exit } from '../../errors/codes.ts'
import { LockstepError, refuse } from '../../errors/error.ts'
import type { WrittenLine } from '../../playbook/criteria-lines.ts'
import { sharedVariables } from '../../playbook/load.ts'
import { playVariables } from '../../playbook/variables.ts'
import { judgeOverall } from '../../report/judge-overall.ts'
import { judgementText } from '../../report/judgement-text.ts'
import { recordedFigures } from '../../report/recorded-figures.ts'
import { parseDocument } from '../../source/document.ts'
import { evaluator } from '../../source/expressions.ts'
import { newFindings } from '../../source/findings.ts'
import type { CellVerdict } from '../../stats/judge-cells.ts'
import { defineCommand, several } from '../define-command.ts'
import type { Io } from '../io.ts'
import { comparedToIn, linesIn, linesOf, readCriteria } from '../judge-lines.ts'
import { readExtraVars, tools } from '../load.ts'
import { warn } from '../read-inventory.ts'
import { readUtf8 } from '../read-text.ts'
import { writeAll } from '../write-all.ts'

interface Options {
  readonly playbook?: string
  readonly extraVars?: readonly string[]
  readonly expect?: readonly string[]
  readonly valid?: readonly string[]
  readonly comparedTo?: string
  readonly all?: true
  readonly json?: true
}

/** `lockstep judge RUN`: what was measured, held against the same or other expectations, from the folder alone. */
export const judge = defineCommand({
  configure(command, action) {
    command
      .argument('<run>', 'the run folder of a test or of an experiment')
      .option('-p, --playbook <file>', 'judge by expect and valid of this playbook')
      .option('-e, --extra-vars <k=v|@file>', 'variables of that playbook; repeatable', several)
      .option('--expect <line>', 'judge by this line instead; repeatable', several)
      .option('--valid <line>', 'cells that do not meet this line do not count; repeatable', several)
      .option('--compared-to <run>', 'the run folder that lines with worse_by hold this one against')
      .option('--all', 'show also what is met')
      .option('--json', 'every verdict as JSON')
      .action(action(async (io, path: string, options: Options) => judgeRun(io, path, options)))
  },
})

async function judgeRun(io: Io, path: string, options: Options): Promise<ExitCode> {
  const folder = resolve(io.cwd, path)
  const recorded = recordedFigures(folder)
  const other =
    options.playbook === undefined ? undefined : linesOfPlaybook(options.playbook, options.extraVars ?? [], io)
  const criteria = readCriteria(linesFor(folder, other?.expect, options), recorded, tools)
  const conditions = readCriteria([...(other?.valid ?? []), ...asLines(options.valid ?? [])], recorded, tools)
  const said = options.comparedTo ?? comparedToIn(folder)
  const comparedTo = said === undefined ? undefined : resolve(io.cwd, said)
  if (comparedTo === undefined && criteria.some(({ test }) => test.kind === 'change'))
    throw new LockstepError('USAGE_COMMAND', 'a line with worse_by needs a run to compare with', {
      hint: 'name its folder with --compared-to',
    })
  const { verdicts, unfinished, damage } = await judgeOverall({ folder, criteria, conditions, comparedTo })
  warn(damage, io)
  if (unfinished.length > 0) warn([`cells that came to no verdict: ${unfinished.join(', ')}`], io)
  const verdict = verdictOf(verdicts)
  const words = options.json
    ? `${JSON.stringify({ run: folder, verdict, verdicts }, null, 2)}\n`
    : `${judgementText(verdicts, { all: options.all ?? false })}${verdict.toUpperCase()}\n`
  await writeAll(io.stdout, [words])
  return verdict === 'pass' ? exit.ok : exit[verdict]
}

const asLines = (texts: readonly string[]): WrittenLine[] => texts.map(text => ({ text }))

/** Those of the command line, else of the other playbook, else of the run's own. */
function linesFor(
  folder: string,
  other: readonly WrittenLine[] | undefined,
  { expect, playbook }: Options,
): readonly WrittenLine[] {
  if (expect !== undefined && playbook !== undefined)
    throw new LockstepError('USAGE_COMMAND', '--expect and --playbook are two ways to say what is expected')
  const lines = expect === undefined ? (other ?? linesIn(folder)) : asLines(expect)
  if (lines.length > 0) return lines
  throw new LockstepError('USAGE_COMMAND', `nothing is expected: ${playbook ?? folder} has no line to judge by`, {
    hint: 'say one with --expect "lost == 0"',
  })
}

/** Only its expect and valid are read, with its variables: its hosts and flows may be others. */
function linesOfPlaybook(file: string, extraVars: readonly string[], io: Io) {
  const document = parseDocument(file, readUtf8(file, io.cwd))
  const findings = newFindings()
  const input = {
    inventory: undefined,
    defaults: undefined,
    env: io.env,
    file,
    extraVars: readExtraVars(extraVars, io.cwd),
  }
  const evaluate = evaluator(playVariables(sharedVariables(document, input, [], findings)), findings)
  const [expect, valid] = [linesOf(document, 'expect', evaluate.tree), linesOf(document, 'valid', evaluate.tree)]
  refuse(findings.all())
  return { expect, valid }
}

/** What was not measured proves nothing either way. */
function verdictOf(verdicts: readonly CellVerdict[]): 'pass' | 'fail' | 'invalid' {
  const some = (outcome: CellVerdict['outcome']) => verdicts.some(each => each.outcome === outcome)
  return some('not measured') ? 'invalid' : some('not met') ? 'fail' : 'pass'
}
