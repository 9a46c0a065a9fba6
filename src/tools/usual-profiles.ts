import type { ToolOptions } from '../playbook/play.ts'
import { iperf } from './iperf.ts'
import { iperf3 } from './iperf3.ts'
import { nuttcp } from './nuttcp.ts'
import { ping } from './ping.ts'
import type { Profile } from './profile.ts'
import { tracepath } from './tracepath.ts'
import { traceroute } from './traceroute.ts'
import { durationOf, isSet, numberOf } from './traffic-options.ts'

/** A profile with what an endpoint has to know of its tests besides the command line. */
export interface OfferedProfile extends Profile {
  /** That the tool needs where it is not root, as capabilities(7) names them. */
  readonly capabilities: readonly 'NET_RAW'[]
  /** What the limits of a class are applied to, out of all options with the defaults filled in. */
  traffic(sender: ToolOptions): Traffic
}

export interface Traffic {
  readonly protocol: 'tcp' | 'udp' | 'icmp'
  /** In bit/s; Infinity: as fast as it can. */
  readonly bandwidth: number
  readonly streams?: number
  readonly packetSize?: number
  readonly packetRate?: number
}

/** The tests that every endpoint can offer; its limits file says which of them it does, and to whom. */
export const usualProfiles: Readonly<Record<string, OfferedProfile>> = {
  iperf3: {
    ...{ name: 'iperf3', tool: iperf3, fixed: {}, capabilities: [] },
    open: {
      ...{ time: {}, omit: {}, interval: {}, parallel: { max: 128n }, udp: {}, bitrate: {}, length: {}, reverse: {} },
      ...{ bidir: {}, window: {}, 'set-mss': {}, 'no-delay': {}, version4: {}, version6: {} },
    },
    traffic: sender => {
      const streams = numberOf(sender, 'parallel', 1) * (isSet(sender, 'bidir') ? 2 : 1)
      // Of one stream; 0, and none for TCP, is no bound.
      const bitrate = numberOf(sender, 'bitrate', 0)
      const length = sender['length']
      return {
        protocol: isSet(sender, 'udp') ? 'udp' : 'tcp',
        bandwidth: bitrate === 0 ? Number.POSITIVE_INFINITY : bitrate * streams,
        streams,
        ...(isSet(sender, 'udp') && length !== undefined ? { packetSize: Number(length) } : {}),
      }
    },
  },
  iperf: {
    ...{ name: 'iperf', tool: iperf, fixed: {}, capabilities: [] },
    open: {
      ...{ time: {}, parallel: { max: 128n }, udp: {}, bandwidth: {}, len: {}, reverse: {}, window: {}, mss: {} },
      ...{ nodelay: {}, ipv6_domain: {}, tos: {} },
    },
    traffic: sender => {
      const streams = numberOf(sender, 'parallel', 1)
      const isUdp = isSet(sender, 'udp')
      const bandwidth = numberOf(sender, 'bandwidth', 0)
      return {
        protocol: isUdp ? 'udp' : 'tcp',
        bandwidth: bandwidth === 0 ? Number.POSITIVE_INFINITY : bandwidth * streams,
        streams,
        ...(isUdp ? { packetSize: numberOf(sender, 'len', 1_470) } : {}),
      }
    },
  },
  nuttcp: {
    // Several streams would need ports in a row.
    ...{ name: 'nuttcp', tool: nuttcp, fixed: {}, capabilities: [] },
    open: { u: {}, T: {}, R: {}, r: {}, l: {}, w: {}, ws: {}, wb: {}, M: {}, c: {}, D: {}, B: {}, F: {}, 4: {}, 6: {} },
    traffic: sender => {
      const isUdp = isSet(sender, 'u')
      const [rate, length] = [numberOf(sender, 'R', 0), sender['l']]
      return {
        protocol: isUdp ? 'udp' : 'tcp',
        bandwidth: rate === 0 ? Number.POSITIVE_INFINITY : rate,
        streams: 1,
        ...(isUdp && length !== undefined ? { packetSize: Number(length) } : {}),
      }
    },
  },
  ping: {
    // A flood answers to nobody's rate, so it stays closed, and so do intervals that come near one.
    ...{ name: 'ping', tool: ping, fixed: {}, capabilities: ['NET_RAW'] },
    open: { c: { max: 100_000n }, i: { min: 10_000_000n }, s: {}, W: {}, 4: {}, 6: {} },
    traffic: sender => {
      const packetSize = numberOf(sender, 's', 56)
      const packetRate = 1e9 / Number(durationOf(sender, 'i', 1_000_000_000n))
      // With the headers of ICMP and IPv6, or more than those of IPv4.
      return { protocol: 'icmp', bandwidth: (packetSize + 48) * 8 * packetRate, packetSize, packetRate }
    },
  },
  tracepath: {
    ...{ name: 'tracepath', tool: tracepath, fixed: {}, capabilities: [] },
    open: { l: {}, m: {}, 4: {}, 6: {} },
    // One probe at a time, smaller ones as soon as the path has told its MTU.
    traffic: sender => {
      const packetSize = numberOf(sender, 'l', 65_535)
      return { protocol: 'udp', bandwidth: packetSize * 8 * 10, packetSize }
    },
  },
  traceroute: {
    ...{ name: 'traceroute', tool: traceroute, fixed: {}, capabilities: [], open: { 4: {}, 6: {} } },
    // A few probes, far apart.
    traffic: () => ({ protocol: 'udp', bandwidth: 100_000 }),
  },
}
