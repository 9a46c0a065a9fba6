import type { Place } from '../errors/error.ts'
import { splitPort } from './address.ts'
import type { InventoryVariable } from './inventory.ts'
import { expandRanges } from './ranges.ts'
import { type Report, remarkAt } from './report.ts'

export interface NamedHosts {
  readonly names: readonly string[]
  readonly port: InventoryVariable | undefined
}

/** The hosts that `node[01:12]:2222` stands for; none when the pattern is wrong, which `report` then knows. */
export function readHostPattern(pattern: string, at: Place, report: Report): NamedHosts {
  const { name, port } = splitPort(pattern)
  const none = { names: [], port: undefined }
  if (name === '') {
    report.problem('INVENTORY_RANGE', 'the name of a host is empty', at)
    return none
  }
  const expansion = expandRanges(name)
  if ('problem' in expansion) {
    const from = pattern.indexOf(name) + expansion.offset
    report.problem('INVENTORY_RANGE', expansion.problem, { ...at, column: at.column + from })
    return none
  }
  if (expansion.names.length === 0) report.warn(remarkAt(at, `the range '${pattern}' stands for no host`))
  return { names: expansion.names, port: port === undefined ? undefined : { value: port, at } }
}
