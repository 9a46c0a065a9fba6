import { exit } from '../../errors/codes.ts'
import { LockstepError, type Place } from '../../errors/error.ts'
import { EncryptedValue } from '../../inventory/encrypted.ts'
import { pythonJson } from '../../inventory/list-json.ts'
import { type Explanation, explainVariable, type Said } from '../../playbook/explain.ts'
import { defineCommand } from '../define-command.ts'
import { explainGround, type LoadOptions, playOptions } from '../load.ts'
import { oneHost } from '../one-host.ts'

interface Options extends LoadOptions {
  readonly playbook?: string
  readonly playbookDir?: string
}

/** `lockstep explain VAR HOST`: the value that counts, where it was set, and what it was set over. */
export const explain = defineCommand({
  configure(command, action) {
    playOptions(command.argument('<variable>').argument('<host>', 'a name, or a pattern that selects one host'))
      .option('--playbook <file>', 'a playbook whose variables count too')
      .option('--playbook-dir <folder>', 'a folder whose group_vars/ and host_vars/ count too')
      .action(
        action(async (io, variable: string, host: string, options: Options) => {
          const ground = await explainGround(options, io)
          const { inventory } = ground
          const inventoryHost = (pattern: string) => {
            if (inventory !== undefined) return oneHost(inventory, pattern)
            throw new LockstepError('USAGE_COMMAND', 'there is no inventory')
          }
          io.stdout.write(explanation(variable, explainVariable(variable, host, { ...ground, inventoryHost })))
          return exit.ok
        }),
      )
  },
})

function explanation(name: string, { host, said, evaluated, fault }: Explanation): string {
  const rows = said.map(({ owner, variable }) => [owner, placeOf(variable.at), valueText(variable)])
  const widths = [0, 1].map(column => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  const lines = rows.map((row, i) => {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0))
    return `  ${i === 0 ? 'set by' : 'over  '}  ${cells.join('  ')}`
  })
  const value = evaluated === undefined ? valueText(said[0].variable) : oneLine(evaluated)
  const why = fault === undefined ? [] : [`  which cannot be evaluated: ${fault}`]
  return `${[`${name} of ${host} is ${value}`, ...why, ...lines].join('\n')}\n`
}

const placeOf = (at: Place | undefined) => (at === undefined ? '' : `${at.file}:${at.line}:${at.column}`)
const oneLine = (value: unknown) => pythonJson(value).replaceAll(/\n */g, ' ')

/** On one line, a number in its written form, templates as they stand; what a vault encrypts is not shown. */
function valueText({ value, written, secret }: Said['variable']): string {
  if (secret) return '(secret)'
  if (value instanceof EncryptedValue) return '(encrypted)'
  return written ?? oneLine(value)
}
