import { controllerLink, digest } from './names.ts'

/** How a clock starts: ahead of the switch's clock by `offset` ns, running fast by `drift` ppb. */
export interface ClockStart {
  readonly offset: number
  readonly drift: number
}

export interface HostPlan {
  readonly name: string
  /** From 1; the host's end is `host<index>` until it is plugged in as eth0, the switch's end `port<index>`. */
  readonly index: number
  readonly address: string
  readonly mac: string
  readonly portMac: string
  readonly phc: ClockStart
  readonly system: ClockStart
}

/** All that is decided about a lab before anything is made; lab.json holds it. */
export interface LabPlan {
  readonly name: string
  /** The first three octets. */
  readonly network: string
  readonly controller: { readonly address: string; readonly link: string; readonly mac: string }
  readonly bridgeMac: string
  readonly fastPtp: boolean
  readonly seed: string
  readonly hosts: readonly HostPlan[]
}

export interface LabRequest {
  readonly name: string
  readonly hosts: readonly string[]
  readonly network: string
  readonly seed: string
  readonly fastPtp: boolean
}

/** The same request gives the same plan. */
export function planLab({ name, hosts, network, seed, fastPtp }: LabRequest): LabPlan {
  const mac = (kind: number, index: number) => macOf(name, kind, index)
  return {
    name,
    network,
    controller: { address: `${network}.1`, link: controllerLink(name), mac: mac(3, 0) },
    bridgeMac: mac(2, 0),
    fastPtp,
    seed,
    hosts: hosts.map((host, i) => ({
      name: host,
      index: i + 1,
      address: `${network}.${11 + i}`,
      mac: mac(0, i + 1),
      portMac: mac(1, i + 1),
      ...clocksOf(seed, name, host),
    })),
  }
}

/** 02: locally administered, unicast. PTP makes clock identities of these, so two labs must not share any. */
const macOf = (lab: string, kind: number, index: number) =>
  ['02', ...pairs(digest('mac', lab).slice(0, 6)), octet(kind), octet(index)].join(':')

const octet = (value: number) => value.toString(16).padStart(2, '0')
const pairs = (text: string) => text.match(/../g) ?? []

/**
 * The system clock up to 30 s off; the PHC 2 to 60 s away from it, either way. Both drift by 10 to 20 ppm, in
 * opposite directions.
 */
function clocksOf(seed: string, lab: string, host: string): { phc: ClockStart; system: ClockStart } {
  const draw = (what: string) => Number.parseInt(digest(seed, lab, host, what).slice(0, 12), 16) / 2 ** 48
  const sign = (what: string) => (draw(what) < 0.5 ? -1 : 1)
  const between = (what: string, low: number, high: number) => Math.round(low + draw(what) * (high - low))
  const offset = between('system', -30e9, 30e9)
  const direction = sign('direction')
  return {
    system: { offset, drift: direction * between('system drift', 10_000, 20_000) },
    phc: {
      offset: offset + sign('side') * between('gap', 2e9, 60e9),
      drift: -direction * between('phc drift', 10_000, 20_000),
    },
  }
}
