import { isOpen, listens, managementAddress } from '../isochron-programs.ts'
import { type HostRule, when } from './finding.ts'

/** capabilities(7). */
const capIpcLock = 14n
const capSysNice = 23n
const has = (capabilities: bigint, bit: bigint) => ((capabilities >> bit) & 1n) === 1n

/** What isochron wants to lock when it calls mlockall(2): its log and itself. */
const leastLockedOctets = 8 * 1024 * 1024
const sleepyUs = 100

/** The kernel, the CPUs, the login, and the programs that are there. */
export const systemRules: readonly HostRule[] = [
  ({ facts: { programs } }) => {
    const missing = ['ptp4l', 'phc2sys', 'pmc', 'isochron'].filter(
      name => programs !== undefined && !programs.has(name),
    )
    return when(
      missing.length > 0 && `not in the login's PATH nor in /usr/sbin: ${missing.join(', ')}`,
      ['warning', 'no-program'],
      'programs that a synchronised test uses are missing',
      `on Debian: apt-get install ${[...new Set(missing.map(name => (name === 'isochron' ? name : 'linuxptp')))].join(' ')}`,
    )
  },
  ({ facts: { versions } }) => {
    const odd = Object.entries(versions ?? {}).filter(([name, version]) => known[name]?.test(version) === false)
    return when(
      odd.length > 0 && odd.map(([name, version]) => `${name} ${version}`).join(', '),
      ['warning', 'unknown-version'],
      'a version that nobody has tried with Lockstep',
      'linuxptp 3 and 4 and isochron 0.9 are known; look closely at the first results',
    )
  },
  ({ facts: { isochronPrograms = [] } }) =>
    isochronPrograms
      .filter(program => listens(program) && isOpen(program))
      .flatMap(program => {
        const { address, port } = managementAddress(program)
        return when(
          `pid ${program.pid}, ${program.argv.slice(0, 2).join(' ')}, listens on ${address}, port ${port}`,
          ['warning', 'open-management-port'],
          `the management port ${port} of isochron is open to the world, and knows no password`,
          'start it with --stats-address ::ffff:127.0.0.1 (an IPv4 address alone is passed over), and reach it through ssh',
        )
      }),
  ({ facts: { cpuPower } }) => {
    const lazy = cpuPower?.governors.filter(name => name !== 'performance') ?? []
    return when(
      lazy.length > 0 && `scaling governor ${lazy.join(', ')}`,
      ['warning', 'governor'],
      'the CPUs change their frequency',
      'cpupower frequency-set -g performance',
    )
  },
  ({ facts: { cpuPower } }) => {
    const deep = cpuPower?.idleStates.filter(({ latencyUs }) => latencyUs >= sleepyUs) ?? []
    return when(
      deep.length > 0 && deep.map(({ name, latencyUs }) => `${name} takes ${latencyUs} us to wake up`).join(', '),
      ['warning', 'idle-states'],
      'idle CPUs sleep so deep that wake-ups come late',
      'cpupower idle-set -D 20, or hold /dev/cpu_dma_latency open during the test',
    )
  },
  ({ facts: { loginLimits: limits } }) =>
    when(
      limits !== undefined &&
        !has(limits.capabilities, capSysNice) &&
        limits.realTimePriority === 0 &&
        'RLIMIT_RTPRIO 0, no CAP_SYS_NICE',
      ['warning', 'no-real-time'],
      'the login cannot have a real-time priority (sched-fifo, chrt)',
      'log in as root, become root, or raise rtprio in /etc/security/limits.d',
    ),
  ({ facts: { loginLimits: limits } }) =>
    when(
      limits !== undefined &&
        !has(limits.capabilities, capIpcLock) &&
        limits.lockedMemory !== 'unlimited' &&
        limits.lockedMemory < leastLockedOctets &&
        `RLIMIT_MEMLOCK ${limits.lockedMemory} octets, no CAP_IPC_LOCK`,
      ['warning', 'no-locked-memory'],
      'the login cannot lock the memory that a sender needs',
      'log in as root, become root, or raise memlock in /etc/security/limits.d',
    ),
  ({ facts: { isolatedCpus } }) =>
    when(
      isolatedCpus === '' && '/sys/devices/system/cpu/isolated is empty',
      ['note', 'isolated-cpus'],
      'no CPU is kept free of other work',
      'boot with isolcpus=N and give N to cpu-mask, where single microseconds count',
    ),
  ({ facts: { kernel } }) =>
    when(
      kernel !== undefined && !/\bPREEMPT_RT\b/.test(kernel) && kernel,
      ['note', 'preemption'],
      'the kernel is not a real-time one (PREEMPT_RT)',
      'on Debian: apt-get install linux-image-rt-amd64, where wake-ups have to come within tens of microseconds',
    ),
]

const known: Readonly<Record<string, RegExp>> = { ptp4l: /^[34]\./, isochron: /^0\.9\b/ }
