import { diagnose } from '../facts/diagnosis/diagnose.ts'
import type { HostFacts } from '../facts/host-facts.ts'

interface Found {
  readonly name: string
  readonly interface: string
  /** Before anything was done there. */
  readonly found: HostFacts
}

/** What the run folder keeps of a host: how it was found, and what `lockstep doctor` says of that. */
export function hostRecord({ name: host, interface: device, found: facts }: Found) {
  // Of a host on which only steps are done nearly nothing was asked; this every Linux can say.
  if (facts.cpuPower === undefined) return { before: facts }
  const [diagnosis] = diagnose([{ host, interface: device, facts }])
  return { before: facts, findings: diagnosis?.findings ?? [] }
}
