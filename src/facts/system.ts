import { type Fact, words } from './fact.ts'

export const kernel: Fact<string> = { name: 'kernel', ask: 'echo "$system"', read: words }

export const hostname: Fact<string> = {
  name: 'hostname',
  ask: 'read -r name </proc/sys/kernel/hostname && echo "$name"',
  read: words,
}

/** Scaling governor of the first CPU; hosts without frequency scaling have none. */
export const governor: Fact<string> = {
  name: 'governor',
  ask: 'read -r name </sys/devices/system/cpu/cpu0/cpufreq/scaling_governor && echo "$name"',
  read: words,
}

/** CPUs that are online, which the kernel lists as `0-3,8`. */
export const cpus: Fact<number> = {
  name: 'cpus',
  ask: 'read -r list </sys/devices/system/cpu/online && echo "$list"',
  read: output => {
    const ranges = output.trim().split(',')
    if (!ranges.every(range => /^\d+(-\d+)?$/.test(range))) return undefined
    return ranges.map(range => range.split('-').map(Number)).reduce((sum, [a = 0, b = a]) => sum + b - a + 1, 0)
  },
}

/** What the host's wall clock said, as seconds since 1970 UTC with nine decimals. */
export const wallClock: Fact<string> = {
  name: 'wall_clock',
  ask: 'date +%s.%N',
  read: output => (/^\d+\.\d{9}$/.test(output.trim()) ? output.trim() : undefined),
}

/** Path of each program of ours that the host has. */
export const programs: Fact<ReadonlyMap<string, string>> = {
  name: 'programs',
  ask: 'for p in setsid mktemp ptp4l phc2sys pmc phc_ctl hwstamp_ctl isochron iperf3 iperf nuttcp ping traceroute tracepath tcpdump perl chrt ethtool tc; do command -v "$p"; done',
  read: output =>
    new Map(
      output
        .split('\n')
        .filter(line => line.startsWith('/'))
        .map(path => [path.slice(path.lastIndexOf('/') + 1), path]),
    ),
}

/** What each program says of its version; isochron says it on stderr and exits with 22. */
export const versions: Fact<Readonly<Record<string, string>>> = {
  name: 'versions',
  ask: `printf 'ptp4l %s\\n' "$(ptp4l -v)"; printf 'isochron %s\\n' "$(isochron --version 2>&1)"`,
  read: output => {
    const said = output.split('\n').flatMap(line => {
      const match = /^(\S+) v?(\d\S*)$/.exec(line)
      return match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], match[2]] as const]
    })
    return Object.fromEntries(said)
  },
}
