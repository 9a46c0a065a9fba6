import { type Fact, integer, words } from './fact.ts'

/** What the kernel says of the test interface. */
export interface InterfaceState {
  /** Administratively up and with carrier: `up`; see Documentation/networking/operstates. */
  readonly operstate: string
  readonly address: string
  readonly mtu: number
  /** Times that the carrier changed since the interface was made: a difference betrays a flap between two looks. */
  readonly carrierChanges: number
}

export const interfaceState: Fact<InterfaceState> = {
  name: 'interface',
  ask: 'for f in operstate address mtu carrier_changes; do read -r value <"/sys/class/net/$1/$f" && echo "$value"; done',
  read: output => {
    const [operstate, address, mtu, changes] = output.trim().split('\n')
    if (operstate === undefined || address === undefined) return undefined
    return { operstate, address, mtu: integer(mtu) ?? 0, carrierChanges: integer(changes) ?? 0 }
  },
}

/** Driver, its version, firmware: `ethtool -i`, as it printed them. */
export const driver: Fact<Readonly<Record<string, string>>> = {
  name: 'driver',
  ask: 'ethtool -i "$1"',
  read: output => {
    const pairs = output.split('\n').flatMap(line => {
      const [key, ...value] = line.split(': ')
      return key !== undefined && value.length > 0 ? [[key, value.join(': ').trim()] as const] : []
    })
    return pairs.length === 0 ? undefined : Object.fromEntries(pairs)
  },
}

export interface TimestampingCapabilities {
  /** Index of the PTP hardware clock, or undefined when the interface has none. */
  readonly phc: number | undefined
  readonly text: string
}

/** `ethtool -T`: which clock stamps the frames of this interface. A newer one calls it the provider, where the kernel does. */
export const timestamping: Fact<TimestampingCapabilities> = {
  name: 'timestamping',
  ask: 'stamping=$(ethtool -T "$1") && echo "$stamping"',
  read: output => {
    if (!/PTP Hardware Clock|Hardware timestamp provider/.test(output)) return undefined
    return { phc: integer(/(?:PTP Hardware Clock|provider index): (\d+)/.exec(output)?.[1]), text: output.trim() }
  },
}

/**
 * PHC index of every interface that has one: `ethtool -T`, which knows of clocks that several interfaces share. Of the test
 * interface it has been asked already.
 */
export const phcs: Fact<ReadonlyMap<string, number>> = {
  name: 'phcs',
  ask: [
    'for d in /sys/class/net/*; do',
    `  name=\${d##*/} said=`,
    '  [ "$name" != lo ] || continue',
    '  [ "$name" != "$1" ] || said=$stamping',
    `  printf '@interface %s\\n%s\\n' "$name" "\${said:-$(ethtool -T "$name")}"`,
    'done',
  ].join('\n'),
  read: output => {
    const said = output.matchAll(/^@interface (\S+)\n((?:(?!@).*\n?)*)/gm)
    return new Map(
      [...said].flatMap(([, name = '', text = '']) => {
        const phc = timestamping.read(text)?.phc
        return phc === undefined ? [] : [[name, phc] as const]
      }),
    )
  },
}

/** Hardware timestamping mode as hwstamp_ctl(8) prints it, to be put back at the end. */
export interface HardwareTimestampMode {
  readonly txType: number
  readonly rxFilter: number
}

export const hardwareTimestampMode: Fact<HardwareTimestampMode> = {
  name: 'hwtstamp',
  ask: 'hwstamp_ctl -i "$1" 2>&1',
  read: output => {
    const match = /tx_type (\d+)\s+rx_filter (\d+)/.exec(output)
    return match === null ? undefined : { txType: Number(match[1]), rxFilter: Number(match[2]) }
  },
}

/** Queueing disciplines of the interface, as tc prints them. */
export const qdiscs: Fact<string> = { name: 'qdiscs', ask: 'tc qdisc show dev "$1"', read: words }

/** Time and frequency of the interface's PHC, as phc_ctl(8) prints them. */
export const phcState: Fact<string> = { name: 'phc', ask: 'phc_ctl -q "$1" get freq 2>&1', read: words }

/** Addresses of the interface that others can reach it by, IPv4 first. */
export const addresses: Fact<readonly string[]> = {
  name: 'addresses',
  ask: 'ip -o addr show dev "$1" scope global',
  read: output => {
    const found = [...output.matchAll(/^\d+: \S+\s+(inet6?) ([0-9a-f.:]+)\//gm)]
    return found.toSorted(([, a = ''], [, b = '']) => a.localeCompare(b)).map(([, , address = '']) => address)
  },
}
