import type { HostPlan, LabPlan } from './plan.ts'

/** Lines for `ip -batch`. */
export type Batch = readonly string[]

/** The switch's end. */
export const port = (host: HostPlan) => `port${host.index}`
/** The host's end while it is not plugged in: names are unique in the switch, where it is kept when power is off. */
export const parked = (host: HostPlan) => `host${host.index}`

/**
 * In the switch's namespace: the bridge and the controller's cable, whose other end goes to the real machine. The
 * bridge drops link-local frames (01:80:C2:00:00:0E), so PTP goes from port to port only through the switch's ptp4l.
 */
export const switchBatch = (plan: LabPlan, realMachine: string): Batch => [
  'link set lo up',
  // IP multicast goes to those who have joined its group. The querier asks who has, and is of use 0.1 s later.
  `link add br0 address ${plan.bridgeMac} type bridge stp_state 0 forward_delay 0 mcast_query_response_interval 10`,
  'link set br0 type bridge mcast_snooping 1 mcast_querier 1',
  'link set br0 up',
  `link add uplink type veth peer name ${plan.controller.link} address ${plan.controller.mac} netns ${realMachine}`,
  ...bridged('uplink'),
]

/** On the real machine: the controller's address. No IPv6, so nothing is sent unasked. */
export const controllerBatch = ({ controller }: LabPlan): Batch => [
  `link set ${controller.link} addrgenmode none`,
  `address add ${controller.address}/24 dev ${controller.link}`,
  `link set ${controller.link} up`,
]

/** In the switch's namespace: a new cable, with the other end in a host's namespace. */
export const cableBatch = (host: HostPlan, hostNamespace: string): Batch => [
  `link add ${port(host)} address ${host.portMac} type veth peer name ${parked(host)} address ${host.mac} netns ${hostNamespace}`,
]

/** In the switch's namespace: what is left of a cable whose host died. */
export const looseEndBatch = (host: HostPlan): Batch => [`link delete ${port(host)}`]

/** In the switch's namespace: gives a kept cable's end back to its host. */
export const plugBatch = (host: HostPlan, hostNamespace: string): Batch => [
  `link set ${parked(host)} netns ${hostNamespace}`,
]

/** In a host's namespace, once its end of the cable is there. */
export const hostBatch = (host: HostPlan): Batch => [
  'link set lo up',
  `link set ${parked(host)} name eth0`,
  `address add ${host.address}/24 broadcast + dev eth0`,
  'link set eth0 up',
]

/** In the switch's namespace: a port that has just come. */
export const portBatch = (host: HostPlan): Batch => bridged(port(host))

/** In the switch's namespace. */
export const portStateBatch = (host: HostPlan, state: 'up' | 'down'): Batch => [`link set ${port(host)} ${state}`]

/** In a host's namespace: takes its end back to the switch, where the cable outlives the host. */
export const unplugBatch = (host: HostPlan, switchNamespace: string): Batch => [
  'link set eth0 down',
  'address flush dev eth0',
  `link set eth0 name ${parked(host)}`,
  `link set ${parked(host)} netns ${switchNamespace}`,
]

/** In a host's namespace: no answer to the controller any more, and no word of why. */
export const sshCutBatch = (plan: LabPlan): Batch => [`route replace blackhole ${plan.controller.address}/32`]
/** Deletes the route whether it is there or not. */
export const sshHealBatch = (plan: LabPlan): Batch => [
  ...sshCutBatch(plan),
  `route delete blackhole ${plan.controller.address}/32`,
]

/**
 * Sync and Announce go to 01:1B:19:00:00:00, which a bridge floods: hosts would hear each other round the boundary
 * clock. ARP is broadcast and passes.
 */
const bridged = (link: string): Batch => [
  `link set ${link} master br0`,
  `link set ${link} type bridge_slave mcast_flood off`,
  `link set ${link} up`,
]

export const asInput = (batch: Batch) => `${batch.join('\n')}\n`
