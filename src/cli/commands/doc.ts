import { exit } from '../../errors/codes.ts'
import { LockstepError } from '../../errors/error.ts'
import { didYouMean } from '../../errors/suggest.ts'
import { findKeys, knownKeys } from '../../playbook/find-key.ts'
import { inventoryKeys, labKeys, playbookKeys } from '../../playbook/reference.ts'
import { figureEntries } from '../../tools/figure-reference.ts'
import { defineCommand } from '../define-command.ts'
import { keyList, keyText } from '../key-text.ts'
import { writeAll } from '../write-all.ts'

/** Lines longer than this are hard to read, however wide the terminal is. */
const widest = 100

export const doc = defineCommand({
  configure(command, action) {
    command
      .argument('[key]', 'a key such as gate, isochron.cycle-time or ansible_host, or a figure; left out: list them')
      .action(
        action(async (io, key: string | undefined) => {
          const entries = [...playbookKeys(), ...inventoryKeys(), ...labKeys(), ...figureEntries()]
          const { columns } = io.stdout
          if (key === undefined) {
            const settable = entries.filter(({ takes, sameAs }) => takes !== undefined && sameAs === undefined)
            await writeAll(io.stdout, [keyList(settable, columns)])
            return exit.ok
          }
          const found = findKeys(entries, key)
          if (found.length === 0) throw unknown(key, knownKeys(entries))
          const width = Math.min(columns ?? 80, widest)
          await writeAll(io.stdout, [found.map(entry => keyText(entry, entries, width)).join('\n')])
          return exit.ok
        }),
      )
  },
})

const unknown = (key: string, known: readonly string[]) =>
  new LockstepError('USAGE_VALUE', `there is no key '${key}'`, {
    hint: didYouMean(key, known) ?? '`lockstep doc` lists every key',
  })
