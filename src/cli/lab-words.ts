import type { Lab } from '../lab/lab.ts'
import type { LabStatus } from '../lab/status.ts'
import { formatDuration } from '../units/duration.ts'

/** What `lab up` says: the hosts, and what one may want to do next. */
export function labInWords({ name, hosts, inventory, sshConfig }: Lab, tookMs: number): string {
  const named = name === 'lab' ? '' : ` --name ${name}`
  const [first] = hosts
  const count = `${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}`
  return [
    `lab '${name}' is up: ${count} in ${(tookMs / 1000).toFixed(1)} s`,
    ...table(hosts.map(host => [host.name, host.address])),
    '',
    `  inventory   ${inventory}`,
    `  log in      lockstep lab shell ${first?.name}${named}, or ssh -F ${sshConfig} ${first?.name}`,
    `  look        lockstep lab status${named}`,
    `  take down   lockstep lab down${named}`,
    '',
  ].join('\n')
}

/** One line per host, with the truth about its clocks. */
export function statusInWords({ name, network, ptp, hosts }: LabStatus): string {
  const head = ['host', 'address', 'power', 'link', 'PHC - switch', 'system - PHC']
  const rows = hosts.map(({ name, address, power, link, phcOffset, systemOffset }) => {
    const clocks = power === 'on' ? [phcOffset, systemOffset].map(formatDuration) : ['-', '-']
    return [name, address, power, link, ...clocks]
  })
  return [`lab '${name}' on ${network}, the switch's ptp4l ${ptp}`, ...table([head, ...rows]), ''].join('\n')
}

/** JSON knows no 64 bit integers, so offsets are decimal strings. */
export const statusJson = (status: LabStatus) =>
  `${JSON.stringify(status, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value), 2)}\n`

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  return rows.map(row => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
