import { clockPrograms } from './clock-programs.ts'
import type { Fact } from './fact.ts'
import {
  addresses,
  driver,
  hardwareTimestampMode,
  interfaceState,
  phcState,
  phcs,
  qdiscs,
  timestamping,
} from './interface.ts'
import { isochronPrograms } from './isochron-programs.ts'
import { kernelClock } from './kernel-clock.ts'
import { listeners } from './listeners.ts'
import { cpus, governor, hostname, kernel, programs, versions, wallClock } from './system.ts'
import {
  cpuPower,
  energyEfficientEthernet,
  interruptCoalescing,
  isolatedCpus,
  loginLimits,
  offloads,
} from './tuning.ts'

/** Everything that a run wants to know of a host before it touches it. */
const facts = {
  kernel,
  hostname,
  cpus,
  governor,
  wallClock,
  programs,
  versions,
  interfaceState,
  addresses,
  driver,
  timestamping,
  phcs,
  hardwareTimestampMode,
  qdiscs,
  phcState,
  kernelClock,
  listeners,
  clockPrograms,
  isochronPrograms,
  cpuPower,
  isolatedCpus,
  loginLimits,
  energyEfficientEthernet,
  interruptCoalescing,
  offloads,
} as const satisfies Record<string, Fact<unknown>>

export type FactName = keyof typeof facts
export const factNames = Object.keys(facts) as readonly FactName[]
/** Those that a run could change, to be compared when it is over. */
export const changingFacts: readonly FactName[] = [
  ...(['wallClock', 'interfaceState', 'hardwareTimestampMode', 'qdiscs', 'phcState', 'kernelClock'] as const),
  ...(['listeners', 'clockPrograms'] as const),
]
export type HostFacts = { readonly [Name in FactName]: ReturnType<(typeof facts)[Name]['read']> }

/**
 * One command that prints facts: one channel, one round trip. A fact that fails says so by printing nothing. Those that
 * are not among `names` are left out, and read as not to be had.
 */
export const askFacts = (interfaceName: string, names: readonly FactName[] = factNames): readonly string[] => [
  'sh',
  '-c',
  // linuxptp and sshd's own programs live in sbin, which a login without a profile does not search.
  `PATH="$PATH:/usr/sbin:/sbin"\nsystem=$(uname -srvm)\nstamping=\n${names
    .map(name => `printf '\\n@fact ${name}\\n'\n{\n${facts[name].ask}\n} 2>/dev/null`)
    .join('\n')}\nprintf '\\n@fact end\\n'`,
  'sh',
  interfaceName,
]

/** Reads what `askFacts` printed. Undefined when the output was cut off before its end. */
export function readFacts(output: string): HostFacts | undefined {
  const sections = output.split(/^@fact (\w+)\n/m)
  const said = new Map<string, string>()
  for (let i = 1; i + 1 < sections.length; i += 2) said.set(sections[i] ?? '', sections[i + 1] ?? '')
  if (!said.has('end')) return undefined
  return Object.fromEntries(
    Object.entries(facts).map(([name, fact]) => [name, fact.read((said.get(name) ?? '').replace(/\n$/, ''))]),
  ) as HostFacts
}
