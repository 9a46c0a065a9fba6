import { type Fact, integer, words } from './fact.ts'

/** How the CPUs save power, as far as the kernel lets itself be asked; a guest of a hypervisor often has nothing to say. */
export interface CpuPower {
  /** Scaling governors that are in use, each once. */
  readonly governors: readonly string[]
  /** Idle states of the first CPU that are not disabled, with the time to wake up from each, us. */
  readonly idleStates: readonly { readonly name: string; readonly latencyUs: number }[]
}

export const cpuPower: Fact<CpuPower> = {
  name: 'cpu_power',
  ask: [
    'cd /sys/devices/system/cpu',
    'for f in cpu[0-9]*/cpufreq/scaling_governor; do [ -r "$f" ] && read -r value <"$f" && echo "governor $value"; done',
    'for d in cpu0/cpuidle/state*; do',
    '  [ -r "$d/name" ] && read -r name <"$d/name" && read -r latency <"$d/latency" && read -r off <"$d/disable" || continue',
    '  [ "$off" = 1 ] || echo "idle $latency $name"',
    'done',
    'cd / && echo end',
  ].join('\n'),
  read: output => {
    if (!/^end$/m.test(output)) return undefined
    const governors = [...output.matchAll(/^governor (\S+)$/gm)].flatMap(([, name]) => name ?? [])
    const idleStates = [...output.matchAll(/^idle (\d+) (.+)$/gm)].map(([, latency, name = '']) => {
      return { name, latencyUs: Number(latency) }
    })
    return { governors: [...new Set(governors)], idleStates }
  },
}

/** CPUs that the scheduler leaves alone (`isolcpus=`), as the kernel lists them: `2-3`; empty: none. */
export const isolatedCpus: Fact<string> = {
  name: 'isolated_cpus',
  ask: 'read -r list </sys/devices/system/cpu/isolated; echo "isolated $list"',
  read: output => /^isolated (.*)$/m.exec(output)?.[1]?.trim(),
}

/** What a login may do beyond its time slice. */
export interface LoginLimits {
  /** RLIMIT_RTPRIO, soft: the largest real-time priority; whoever has CAP_SYS_NICE needs none. */
  readonly realTimePriority: number
  /** RLIMIT_MEMLOCK, soft, octets. */
  readonly lockedMemory: number | 'unlimited'
  /** Capabilities in effect: bit n is capability n of capabilities(7). */
  readonly capabilities: bigint
}

export const loginLimits: Fact<LoginLimits> = {
  name: 'login_limits',
  ask: [
    'for f in limits status; do',
    '  while read -r line; do',
    '    case "$line" in CapEff:*|"Max locked memory"*|"Max realtime priority"*) echo "$line" ;; esac',
    '  done <"/proc/$$/$f"',
    'done',
  ].join('\n'),
  read: output => {
    const rtprio = integer(/^Max realtime priority\s+(\d+)/m.exec(output)?.[1])
    const memlock = /^Max locked memory\s+(\d+|unlimited)/m.exec(output)?.[1]
    const capabilities = /^CapEff:\s+([0-9a-f]+)/m.exec(output)?.[1]
    if (rtprio === undefined || memlock === undefined || capabilities === undefined) return undefined
    return {
      realTimePriority: rtprio,
      lockedMemory: memlock === 'unlimited' ? memlock : Number(memlock),
      capabilities: BigInt(`0x${capabilities}`),
    }
  },
}

/** `ethtool --show-eee`: whether the link sleeps between frames (IEEE 802.3az); what a driver does not know is not to be had. */
export const energyEfficientEthernet: Fact<'disabled' | 'enabled, inactive' | 'enabled, active'> = {
  name: 'eee',
  ask: 'ethtool --show-eee "$1"',
  read: output => {
    const said = /EEE status: (disabled|enabled - active|enabled - inactive)/.exec(output)?.[1]
    if (said === undefined) return undefined
    return said === 'disabled' ? said : said === 'enabled - active' ? 'enabled, active' : 'enabled, inactive'
  },
}

/** `ethtool -c`: how long the card waits before it tells of frames that came. */
export interface InterruptCoalescing {
  readonly adaptive: boolean
  /** us; 0: at once. */
  readonly receiveUs: number
}

export const interruptCoalescing: Fact<InterruptCoalescing> = {
  name: 'coalescing',
  ask: 'ethtool -c "$1"',
  read: output => {
    const receiveUs = integer(/^rx-usecs:\s+(\d+)/m.exec(output)?.[1])
    return receiveUs === undefined ? undefined : { adaptive: /^Adaptive RX: on\b/m.test(output), receiveUs }
  },
}

/** `ethtool -k`: features that are on and join or split frames, by ethtool's names. */
export const offloads: Fact<readonly string[]> = {
  name: 'offloads',
  ask: 'ethtool -k "$1"',
  read: output => {
    if (words(output) === undefined) return undefined
    const on = output.matchAll(
      /^(large-receive-offload|generic-receive-offload|tcp-segmentation-offload|generic-segmentation-offload): on\b/gm,
    )
    return [...on].map(([, name = '']) => name)
  },
}
