import { dirname, resolve } from 'node:path'
import { LockstepError, refuse } from '../../errors/error.ts'
import { changesInWords } from '../../runner/experiment-changes.ts'
import type { Retry } from '../../runner/experiment-log.ts'
import { outlineFor, seedOf, settledCells } from '../../runner/experiment-start.ts'
import { maskerFor } from '../../runner/masker.ts'
import { standingOf } from '../../runner/resumed-folder.ts'
import { openRunFolder } from '../../runner/run-folder.ts'
import { type BecomeOptions, becomeOptions } from '../become-options.ts'
import { type CellOptions, cellOptions } from '../cell-options.ts'
import { defineCommand, several } from '../define-command.ts'
import { forksIn } from '../forks.ts'
import { keptCommand } from '../kept-command.ts'
import { type LoadOptions, loadFromCommandLine, playOptions } from '../load.ts'
import { newSeed, shownExperiment } from '../run-experiment.ts'
import { runGround } from '../run-ground.ts'
import { selectedIn } from '../step-options.ts'

interface Options extends LoadOptions, BecomeOptions, CellOptions {
  readonly forks?: number
  readonly diff?: true
  readonly json?: boolean
  readonly retry?: readonly string[]
}

/** `lockstep resume RUN`: what is missing of an experiment, in its own folder. */
export const resume = defineCommand({
  configure(command, action) {
    const run = command.argument('<run>', 'the run folder of an experiment')
    cellOptions(becomeOptions(playOptions(run)))
      .option('--retry <verdict>', 'also run cells again that were invalid, or have failed; repeatable', several)
      .option('--forks <number>', 'hosts that do a step at a time; default all', forksIn)
      .option('--diff', 'show how files differ before they are replaced')
      .option('--json', 'events as JSON lines on stdout')
      .action(
        action(async (io, path: string, { retry, forks, diff, json, ...given }: Options) => {
          const folder = resolve(io.cwd, path)
          const { playbook, cwd, options } = keptCommand(folder, withPaths(given, io.cwd))
          const there = { ...io, cwd }
          const { play, experiment } = selectedIn(await loadFromCommandLine(playbook, options, there), options)
          if (experiment === undefined)
            throw changed(path, [`${playbook} is no experiment any more: it has none of matrix, repeat, warmup`])
          const { progress, resolved, mend } = standingOf(folder)
          const began = progress.outline
          const seed = seedOf(experiment, () => began?.seed ?? newSeed())
          const outline = outlineFor(experiment, seed)
          if (began !== undefined) {
            const after = new Map(experiment.configurations.map(each => [each.id, experiment.playOf(each).resolved]))
            const changes = changesInWords(began, resolved, outline, after)
            const { text } = maskerFor(play)
            if (changes.length > 0) throw changed(path, changes.map(text))
          }
          const ground = runGround(there, playbook, { forks, diff })
          return shownExperiment(
            {
              ...{ play, experiment, outline, progress, command: undefined },
              cells: settledCells(experiment, seed, options.onlyCells),
              retry: retriesIn(retry ?? []),
            },
            () => {
              mend()
              return openRunFolder(folder)
            },
            { options: { ...options, runs: dirname(folder), ...(json === undefined ? {} : { json }) }, io, ground },
          )
        }),
      )
  },
})

/** Paths that are given now begin here, not where the experiment was begun. */
function withPaths<Given extends LoadOptions & BecomeOptions>(given: Given, cwd: string): Given {
  const { inventory, becomePasswordFile, extraVars } = given
  const isPath = (source: string) => source !== '-' && !source.includes(',')
  return {
    ...given,
    ...(inventory && { inventory: inventory.map(each => (isPath(each) ? resolve(cwd, each) : each)) }),
    ...(becomePasswordFile && { becomePasswordFile: resolve(cwd, becomePasswordFile) }),
    ...(extraVars && {
      extraVars: extraVars.map(each => (each.startsWith('@') ? `@${resolve(cwd, each.slice(1))}` : each)),
    }),
  }
}

function changed(path: string, changes: readonly string[]): LockstepError {
  return new LockstepError('USAGE_FILE', `${path} cannot go on as it began: ${changes.join('; ')}`, {
    hint: 'put it back, or run the experiment anew: results from before and after would not compare',
  })
}

function retriesIn(words: readonly string[]): ReadonlySet<Retry> {
  refuse(
    words
      .filter(word => word !== 'invalid' && word !== 'failed')
      .map(word => ({ code: 'USAGE_VALUE', message: `--retry ${word}: expected invalid or failed` })),
  )
  return new Set(words as readonly Retry[])
}
