import { type HostRule, when } from './finding.ts'

const stamps = ['hardware-transmit', 'hardware-receive', 'hardware-raw-clock']

/** The test interface: there, up, and able to stamp frames. */
export const interfaceRules: readonly HostRule[] = [
  ({ interface: device, facts: { interfaceState } }) =>
    device === ''
      ? when(
          "the variable 'interface' is not set",
          ['warning', 'no-interface'],
          'nothing says which interface is tested',
          'set the variable `interface` of this host, or give -e interface=NAME',
        )
      : when(
          interfaceState === undefined && `/sys/class/net/${device} is not there`,
          ['error', 'no-interface'],
          `there is no interface ${device}`,
          'correct the variable `interface` of this host',
        ),
  ({ interface: device, facts: { interfaceState } }) =>
    when(
      // A device that cannot tell says `unknown`.
      interfaceState !== undefined &&
        !['up', 'unknown'].includes(interfaceState.operstate) &&
        `operstate ${interfaceState.operstate}`,
      ['error', 'link-down'],
      `the link of ${device} is down`,
      `check the cable, the other end, and that it is up: ip link set ${device} up`,
    ),
  ({ interface: device, facts: { interfaceState, timestamping } }) =>
    when(
      interfaceState !== undefined &&
        timestamping?.phc === undefined &&
        (timestamping === undefined ? 'ethtool -T says nothing' : 'ethtool -T: PTP Hardware Clock: none'),
      ['error', 'no-phc'],
      `${device} has no PTP hardware clock`,
      'use an interface whose driver has one; ptp4l and isochron need it',
    ),
  ({ interface: device, facts: { timestamping } }) => {
    const missing = stamps.filter(name => timestamping?.phc !== undefined && !timestamping.text.includes(name))
    return when(
      missing.length > 0 && `ethtool -T lacks ${missing.join(', ')}`,
      ['error', 'no-hardware-stamps'],
      `${device} cannot stamp frames in hardware`,
      'see what its driver and firmware offer: a newer one may',
    )
  },
  ({ interface: device, facts: { energyEfficientEthernet: eee } }) =>
    when(
      eee === 'enabled, active' && 'ethtool --show-eee: enabled - active',
      ['warning', 'eee'],
      `the link of ${device} sleeps between frames (IEEE 802.3az)`,
      `turn it off: ethtool --set-eee ${device} eee off`,
    ),
  ({ interface: device, facts: { interruptCoalescing: coalescing } }) =>
    when(
      coalescing !== undefined &&
        (coalescing.adaptive || coalescing.receiveUs >= mostCoalescingUs) &&
        `ethtool -c: adaptive ${coalescing.adaptive ? 'on' : 'off'}, rx-usecs ${coalescing.receiveUs}`,
      ['warning', 'coalescing'],
      `${device} collects frames before it tells of them`,
      `ethtool -C ${device} adaptive-rx off rx-usecs 0`,
    ),
  ({ interface: device, facts: { offloads } }) =>
    when(
      offloads?.includes('large-receive-offload') && 'ethtool -k: large-receive-offload: on',
      ['warning', 'offloads'],
      `${device} joins frames before anybody sees them`,
      `ethtool -K ${device} lro off`,
    ),
  ({ interface: device, facts: { offloads = [] } }) => {
    const others = offloads.filter(name => name !== 'large-receive-offload')
    return when(
      others.length > 0 && `ethtool -k: ${others.join(', ')}: on`,
      ['note', 'offloads'],
      `${device} leaves joining and splitting of TCP to the card or the kernel`,
      'for latencies of single TCP frames turn it off with ethtool -K; throughput wants it on',
    )
  },
]

/** From here on it is more than a frame of 1500 octets takes at 1 Gbit/s, several times over. */
const mostCoalescingUs = 50
