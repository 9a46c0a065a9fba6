import { iperf } from './iperf.ts'
import { iperf3 } from './iperf3.ts'
import { nuttcp } from './nuttcp.ts'
import { ping } from './ping.ts'
import { tracepath } from './tracepath.ts'
import { traceroute } from './traceroute.ts'
import type { TrafficTool, Version } from './traffic-tool.ts'

/** The tools whose two ends are processes, by name; isochron is driven in its own way, `command` is made by a playbook. */
export const trafficTools: readonly TrafficTool[] = [iperf3, iperf, nuttcp, ping, traceroute, tracepath]

export const trafficTool = (name: string): TrafficTool | undefined => trafficTools.find(tool => tool.name === name)

/** The version of each program that a host has; undefined: it has it, but did not say a version that can be read. */
export type Installed = ReadonlyMap<string, Version | undefined>

export type Choice =
  | { readonly tool: TrafficTool }
  /** What is missing where, for every tool that was asked for. */
  | { readonly missing: readonly string[] }

/** The first tool that both ends have the programs of. */
export function chooseTool(
  preferred: readonly TrafficTool[],
  { from, to }: { readonly from: HostPrograms; readonly to: HostPrograms },
): Choice {
  const missing: string[] = []
  for (const tool of preferred) {
    const lacks = [
      { program: tool.programs.sender, host: from },
      { program: tool.programs.receiver, host: to },
    ].flatMap(({ program, host }) =>
      program === undefined || host.installed.has(program.name)
        ? []
        : [`${host.name} has no ${program.name} (Debian package ${program.package})`],
    )
    if (lacks.length === 0) return { tool }
    missing.push(...lacks)
  }
  return { missing: [...new Set(missing)] }
}

export interface HostPrograms {
  readonly name: string
  readonly installed: Installed
}
