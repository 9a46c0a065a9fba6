import { isOver } from '../../client/follow.ts'
import { cancelReservation, ownNamed } from '../../client/own.ts'
import { exit } from '../../errors/codes.ts'
import { atEndpoints } from '../at-endpoints.ts'
import { defineCommand } from '../define-command.ts'
import { exitCodeOfHosts, type PatternOptions, patternOptions } from '../pattern-command.ts'

/** `lockstep cancel RESERVATION PATTERN`: given back on these hosts; what runs of it is ended. */
export const cancel = defineCommand({
  configure(command, action) {
    patternOptions(
      command
        .argument('<reservation>', 'its id, or that of its group, as lockstep reservations has them')
        .argument('<pattern>', 'shared hosts of the inventory; without -i, addresses with commas'),
    ).action(
      action(async (io, name: string, pattern: string, options: PatternOptions) => {
        const outcomes = await atEndpoints(pattern, options, io, async session => {
          for (const view of await ownNamed(session, name)) {
            const { rid } = view
            const now = isOver(view) ? view.state : (await cancelReservation(session, rid)).state
            const { host } = session
            io.stdout.write(
              options.json ? `${JSON.stringify({ host, rid, state: now })}\n` : `${host}: ${rid} ${now}\n`,
            )
          }
        })
        return exitCodeOfHosts(outcomes, exit.ok)
      }),
    )
  },
})
