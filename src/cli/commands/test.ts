import { refuse } from '../../errors/error.ts'
import { planInWords } from '../../runner/plan.ts'
import { runPlay } from '../../runner/run.ts'
import { connectTo } from '../../transport/connect.ts'
import { type BecomeOptions, becomeOptions } from '../become-options.ts'
import { defineCommand, several } from '../define-command.ts'
import { type LoadOptions, playReader, tools } from '../load.ts'
import { asOfCommandLine, oneFlow, toolNamed } from '../one-flow.ts'
import { inventoryOption } from '../read-inventory.ts'
import { runOptions, type ShownRunOptions, shownRun } from '../shown-run.ts'
import { whoAndWhere } from '../who.ts'

interface Options extends LoadOptions, BecomeOptions, ShownRunOptions {
  readonly from: string
  readonly to: string
  readonly over?: string
  readonly gate?: string
  readonly expect?: readonly string[]
  readonly attempts?: string
}

/** `lockstep test TOOL --from A --to C -- OPTIONS`: one flow by the same engine, into a run folder like any other. */
export const test = defineCommand({
  configure(command, action) {
    const words = command
      .usage('<tool> --from <host> --to <host> [options] [-- <options of the tool>...]')
      .argument('<tool>', `one of ${tools.map(({ name }) => name).join(', ')}`)
      .argument(
        '[options...]',
        "options as the tool's own command line has them, or with units: --time 10, -t 10, --time 1m",
      )
      .requiredOption('--from <host>', 'sending end: a host of the inventory, an address, or local')
      .requiredOption('--to <host>', 'receiving end, likewise')
    runOptions(becomeOptions(inventoryOption(words)))
      .option('--over <address>', 'address of the receiving end that is used; default that of its interface')
      .option('--gate <offset>', "hold the flow until the hosts' clocks are this close; without, nobody looks at them")
      .option('--expect <expression>', 'what has to hold of its figures, such as "lost == 0"; repeatable', several)
      .option('--attempts <number>', 'how often the flow is tried when something voids it')
      .option('-e, --extra-vars <k=v|@file>', 'variables of both hosts, such as interface=eth1; repeatable', several)
      .action(
        action(async (io, name: string, given: string[], options: Options) => {
          const written = oneFlow(toolNamed(name), given, options)
          refuse(written.problems)
          const read = await playReader(options, io)
          const play = asOfCommandLine(() => read('lockstep test', written.playbook))
          return shownRun(io, options, surroundings =>
            runPlay(play, {
              ...surroundings,
              transport: connectTo({ env: io.env }),
              forks: Number.POSITIVE_INFINITY,
              connectAtOnce: 2,
              workFolder: io.cwd,
              playbookFolder: io.cwd,
              env: io.env,
              diff: false,
              user: whoAndWhere(io),
              plan: planInWords(play),
            }),
          )
        }),
      )
  },
})
