import type { Fact } from './fact.ts'

/** A running program that may steer a clock. */
export interface ClockProgram {
  readonly pid: number
  /** ptp4l, phc2sys, chronyd, systemd-timesyncd, … */
  readonly program: string
  readonly argv: readonly string[]
  /** Text of its configuration file, if its argv names one that could be read. */
  readonly config: string
}

const steering = ['ptp4l', 'phc2sys', 'ts2phc', 'timemaster', 'chronyd', 'systemd-timesyncd', 'ntpd', 'openntpd']

/**
 * Programs of this network namespace that may steer a clock. The kernel cuts a process name (comm) after 15 bytes,
 * and a daemon may change it, so the program is told by the first word of its command line.
 */
export const clockPrograms: Fact<readonly ClockProgram[]> = {
  name: 'clock_programs',
  ask: [
    'here=$(readlink /proc/self/ns/net)',
    'for d in /proc/[0-9]*; do',
    '  read -r name 2>/dev/null <"$d/comm" || continue',
    `  case "$name" in ${[...new Set(steering.map(name => `${name.slice(0, 15)}`))].join('|')}) ;; *) continue ;; esac`,
    '  [ "$(readlink "$d/ns/net")" = "$here" ] || continue',
    `  echo "@process \${d#/proc/}"`,
    `  tr '\\0' '\\n' <"$d/cmdline"`,
    '  echo "@config"',
    `  file=$(tr '\\0' '\\n' <"$d/cmdline" | sed -n '/^-f$/{n;p;q;}')`,
    '  [ -z "$file" ] || cat "$d/root/$file"',
    '  echo "@end"',
    'done',
  ].join('\n'),
  read: output => {
    const blocks = output.matchAll(/^@process (\d+)\n([\s\S]*?)@config\n([\s\S]*?)@end$/gm)
    return [...blocks].flatMap(([, pid, cmdline = '', config = '']) => {
      const argv = cmdline.split('\n').slice(0, -1)
      const program = argv[0]?.split('/').at(-1)
      return program === undefined ? [] : [{ pid: Number(pid), program, argv, config }]
    })
  },
}

/** What we are about to steer on a host. */
export interface Steered {
  readonly interface: string
  /** PHC indices by interface, as far as known: two interfaces may share one clock. */
  readonly phc: number | undefined
  readonly ptp4l: boolean
  readonly phc2sys: boolean
}

/** The programs that steer a clock which we would steer too, each with the reason in words. */
export function conflicts(running: readonly ClockProgram[], ours: Steered): { program: ClockProgram; why: string }[] {
  return running.flatMap(program => {
    const why = conflict(program, ours)
    return why === undefined ? [] : [{ program, why }]
  })
}

function conflict(program: ClockProgram, ours: Steered): string | undefined {
  switch (program.program) {
    case 'ptp4l':
      return ptp4lConflict(program, ours)
    case 'phc2sys':
      return phc2sysConflict(program, ours)
    case 'chronyd':
      // chronyd(8): -x leaves the system clock alone.
      return ours.phc2sys && !program.argv.includes('-x') ? 'it steers the system clock' : undefined
    default:
      return ours.phc2sys ? 'it steers the system clock' : undefined
  }
}

/** ptp4l(8): interfaces by -i or as sections of its file; with software time stamping it steers the system clock. */
function ptp4lConflict({ argv, config }: ClockProgram, ours: Steered): string | undefined {
  const interfaces = new Set([
    ...optionValues(argv, 'i'),
    ...[...config.matchAll(/^\s*\[([^\]\s]+)\]/gm)].map(match => match[1] ?? ''),
  ])
  if (ours.ptp4l && interfaces.has(ours.interface)) return `it runs PTP on ${ours.interface}`
  if (setting('free_running', argv, config) === '1') return undefined
  const software = hasFlag(argv, 'S') || setting('time_stamping', argv, config) === 'software'
  return software && ours.phc2sys ? 'it steers the system clock (software time stamping)' : undefined
}

/** phc2sys(8): -c names the clock it steers (default: the system clock); -a follows ptp4l. */
function phc2sysConflict({ argv }: ClockProgram, ours: Steered): string | undefined {
  if (!ours.phc2sys && !ours.ptp4l) return undefined
  const targets = optionValues(argv, 'c')
  if (targets.includes(ours.interface) || targets.includes(`/dev/ptp${ours.phc}`))
    return `it steers the PHC of ${ours.interface}`
  if (hasFlag(argv, 'a')) return 'it steers clocks on behalf of another ptp4l (-a)'
  const system = targets.length === 0 || targets.includes('CLOCK_REALTIME')
  return ours.phc2sys && system ? 'it steers the system clock' : undefined
}

/** Values of a one-letter option, joined (`-ieth0`) or apart (`-i eth0`). */
function optionValues(argv: readonly string[], letter: string): string[] {
  return argv.flatMap((word, i) => {
    if (word === `-${letter}`) return argv[i + 1] === undefined ? [] : [argv[i + 1] as string]
    return word.startsWith(`-${letter}`) && !word.startsWith('--') ? [word.slice(2)] : []
  })
}

const hasFlag = (argv: readonly string[], letter: string) =>
  argv.slice(1).some(word => /^-[A-Za-z0-9]+$/.test(word) && word.includes(letter))

/** A linuxptp setting: `--name value` or `--name=value` on the command line, else `name value` in the file. */
function setting(name: string, argv: readonly string[], config: string): string | undefined {
  const at = argv.indexOf(`--${name}`)
  if (at >= 0) return argv[at + 1]
  const joined = argv.find(word => word.startsWith(`--${name}=`))
  if (joined !== undefined) return joined.slice(name.length + 3)
  return new RegExp(`^\\s*${name}\\s+(\\S+)`, 'm').exec(config)?.[1]
}
