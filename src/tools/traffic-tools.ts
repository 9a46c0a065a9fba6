import { iperf } from './iperf.ts'
import { iperf3 } from './iperf3.ts'
import { nuttcp } from './nuttcp.ts'
import { ping } from './ping.ts'
import { tracepath } from './tracepath.ts'
import { traceroute } from './traceroute.ts'
import type { TrafficTool } from './traffic-tool.ts'

/** The tools whose two ends are processes, by name; isochron is driven in its own way, `command` is made by a playbook. */
export const trafficTools: readonly TrafficTool[] = [iperf3, iperf, nuttcp, ping, traceroute, tracepath]

export const trafficTool = (name: string): TrafficTool | undefined => trafficTools.find(tool => tool.name === name)
