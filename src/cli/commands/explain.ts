import { exit } from '../../errors/codes.ts'
import { LockstepError, type Place } from '../../errors/error.ts'
import { didYouMean } from '../../errors/suggest.ts'
import { EncryptedValue } from '../../inventory/encrypted.ts'
import type { InventoryHost, InventoryVariable } from '../../inventory/inventory.ts'
import { pythonJson } from '../../inventory/list-json.ts'
import { defineCommand } from '../define-command.ts'
import { oneHost } from '../one-host.ts'
import { type InventoryOptions, inventoryOption, readInventory } from '../read-inventory.ts'

interface Options extends InventoryOptions {
  readonly playbookDir?: string
}

/** `lockstep explain VAR HOST`: the value that counts, where it was set, and what it was set over. */
export const explain = defineCommand({
  configure(command, action) {
    inventoryOption(command.argument('<variable>').argument('<host>', 'a name, or a pattern that selects one host'))
      .option('--playbook-dir <folder>', 'a folder whose group_vars/ and host_vars/ count too')
      .action(
        action(async (io, variable: string, pattern: string, options: Options) => {
          const host = oneHost(await readInventory(options, options.playbookDir, io), pattern)
          io.stdout.write(explanation(variable, host))
          return exit.ok
        }),
      )
  },
})

function explanation(variable: string, host: InventoryHost): string {
  const [winner, ...losers] = host.historyOf(variable)
  if (winner === undefined) {
    const hint = didYouMean(variable, [...host.vars.keys()])
    throw new LockstepError('INVENTORY_VARIABLE', `no inventory sets '${variable}' for ${host.name}`, { hint })
  }
  const rows = [winner, ...losers].map(({ owner, variable: said }) => [owner, placeOf(said.at), valueText(said)])
  const widths = [0, 1].map(column => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  const lines = rows.map((row, i) => {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0))
    return `  ${i === 0 ? 'set by' : 'over  '}  ${cells.join('  ')}`
  })
  return `${[`${variable} of ${host.name} is ${valueText(winner.variable)}`, ...lines].join('\n')}\n`
}

const placeOf = ({ file, line, column }: Place) => `${file}:${line}:${column}`

/** On one line, a number in its written form, templates as they stand; what a vault encrypts is not shown. */
function valueText({ value, written, secret }: InventoryVariable): string {
  if (secret) return '(secret)'
  if (value instanceof EncryptedValue) return '(encrypted)'
  return written ?? pythonJson(value).replaceAll(/\n */g, ' ')
}
