import type { ToolChoice } from '../playbook/play.ts'
import { commandTool } from './command.ts'
import { iperf } from './iperf.ts'
import { iperf3 } from './iperf3.ts'
import { nuttcp } from './nuttcp.ts'
import { ping } from './ping.ts'
import { tracepath } from './tracepath.ts'
import { traceroute } from './traceroute.ts'
import type { TrafficTool } from './traffic-tool.ts'

/** The tools whose two ends are processes; isochron is driven in its own way, `command` is made by each flow. */
export const trafficTools: readonly TrafficTool[] = [iperf3, iperf, nuttcp, ping, traceroute, tracepath]

/** The tool of a flow whose two ends are processes; undefined for one of isochron. */
export const trafficToolOf = ({ tool, command }: Pick<ToolChoice, 'tool' | 'command'>): TrafficTool | undefined =>
  command === undefined ? trafficTools.find(({ name }) => name === tool) : commandTool(command)
