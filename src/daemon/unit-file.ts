import type { Capability } from './privileges.ts'

export interface UnitSettings {
  /** Absolute program and words of lockstepd. */
  readonly argv: readonly string[]
  /** The broker's group: it may open the folder of the socket. */
  readonly group: string
  /** All that any profile of the endpoint names. */
  readonly capabilities: readonly Capability[]
}

/** What lockstepd itself needs: other users for tests, their signals, files, environments and limits. */
const own = ['SETUID', 'SETGID', 'SETPCAP', 'KILL', 'CHOWN', 'DAC_OVERRIDE', 'SYS_PTRACE']

/**
 * The service of systemd: as little of the host as lockstepd and its tests can do with. Tests outlive a restart of lockstepd,
 * which then adopts them: hence KillMode=process. Its control groups are its own: hence Delegate.
 */
export function unitFile({ argv, group, capabilities }: UnitSettings): string {
  const has = (name: Capability) => capabilities.includes(name)
  const families = ['AF_UNIX', 'AF_INET', 'AF_INET6', 'AF_NETLINK', ...(has('NET_RAW') ? ['AF_PACKET'] : [])]
  const bounding = [...own, ...capabilities].map(name => `CAP_${name}`)
  return sections([
    [
      'Unit',
      [
        ['Description', 'Lockstep endpoint: reservations and timed network tests'],
        ['After', 'network.target time-sync.target'],
      ],
    ],
    [
      'Service',
      [
        ['Type', 'notify'],
        ['NotifyAccess', 'all'],
        ['ExecStart', argv.map(unitWord).join(' ')],
        ['ExecReload', '/bin/kill -HUP $MAINPID'],
        ['Restart', 'on-failure'],
        ['WatchdogSec', '30s'],
        ['TimeoutStartSec', '60s'],
        ['TimeoutStopSec', '30s'],
        ['KillMode', 'process'],
        ['Delegate', 'yes'],
        ['Group', group],
        ['StateDirectory', 'lockstepd'],
        ['StateDirectoryMode', '0700'],
        ['RuntimeDirectory', 'lockstepd'],
        ['RuntimeDirectoryMode', '0750'],
        ['UMask', '0077'],
        ['CapabilityBoundingSet', bounding.join(' ')],
        ['NoNewPrivileges', 'yes'],
        ['ProtectSystem', 'strict'],
        ['ProtectHome', 'yes'],
        ['PrivateTmp', 'yes'],
        // isochron and ptp4l reach the clock of a network card by its device.
        ...(has('SYS_TIME') ? ptpDevices : ([['PrivateDevices', 'yes']] as const)),
        // Reading how right the kernel's clock is (adjtimex) would be forbidden too; setting it takes SYS_TIME.
        ['ProtectClock', 'no'],
        ['ProtectHostname', 'yes'],
        ['ProtectKernelLogs', 'yes'],
        ['ProtectKernelModules', 'yes'],
        ['ProtectKernelTunables', 'yes'],
        ['ProtectControlGroups', 'no'],
        ['RestrictNamespaces', 'yes'],
        ['RestrictRealtime', has('SYS_NICE') ? 'no' : 'yes'],
        ['RestrictSUIDSGID', 'yes'],
        ['RestrictAddressFamilies', families.join(' ')],
        ['LockPersonality', 'yes'],
        ['SystemCallArchitectures', 'native'],
        ['SystemCallFilter', `@system-service ${has('SYS_TIME') ? '@clock' : 'adjtimex'}`],
        ['SystemCallErrorNumber', 'EPERM'],
      ],
    ],
    ['Install', [['WantedBy', 'multi-user.target']]],
  ])
}

type Settings = readonly (readonly [string, string])[]

const ptpDevices: Settings = [
  ['DevicePolicy', 'closed'],
  ['DeviceAllow', 'char-ptp rw'],
]

const sections = (all: readonly (readonly [string, Settings])[]): string =>
  all.map(([name, lines]) => `[${name}]\n${lines.map(([key, value]) => `${key}=${value}\n`).join('')}`).join('\n')

/** One word of a command line as systemd.service(5) reads it: quotes, backslashes, specifiers and variables mean themselves. */
export function unitWord(word: string): string {
  if (/[\x00-\x1f\x7f]/.test(word)) throw new RangeError('a word of a unit is on one line')
  const text = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w@+=:,./%-]+$/.test(text) ? text : `"${text}"`
}
