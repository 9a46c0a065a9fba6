import type { Fact } from './fact.ts'

/** A running program that may steer a clock. */
export interface ClockProgram {
  readonly pid: number
  /** ptp4l, phc2sys, chronyd, systemd-timesyncd, … */
  readonly program: string
  readonly argv: readonly string[]
  /** Whose it is; missing where that cannot be told. */
  readonly user?: string
  /** Text of its configuration file, if its argv names one that could be read. */
  readonly config: string
}

const steering = ['ptp4l', 'phc2sys', 'ts2phc', 'timemaster', 'chronyd', 'systemd-timesyncd', 'ntpd', 'openntpd']

/**
 * Programs of this network namespace that may steer a clock: found by the name the kernel knows them by (comm, which it
 * cuts after 15 bytes), told apart by the first word of their command line.
 */
export const clockPrograms: Fact<readonly ClockProgram[]> = {
  name: 'clock_programs',
  ask: [
    'for d in /proc/[0-9]*; do',
    '  read -r name 2>/dev/null <"$d/comm" || continue',
    `  case "$name" in ${[...new Set(steering.map(name => `${name.slice(0, 15)}`))].join('|')}) ;; *) continue ;; esac`,
    '  [ "$d/ns/net" -ef /proc/self/ns/net ] || continue',
    `  echo "@process \${d#/proc/} $(stat -c %U "$d")"`,
    `  tr '\\0' '\\n' <"$d/cmdline"`,
    '  echo "@config"',
    `  file=$(tr '\\0' '\\n' <"$d/cmdline" | sed -n '/^-f$/{n;p;q;}')`,
    '  [ -z "$file" ] || cat "$d/root/$file"',
    '  echo "@end"',
    'done',
  ].join('\n'),
  read: output => {
    const blocks = output.matchAll(/^@process (\d+)(?: (\S*))?\n([\s\S]*?)@config\n([\s\S]*?)@end$/gm)
    return [...blocks].flatMap(([, pid, user, cmdline = '', config = '']) => {
      const argv = cmdline.split('\n').slice(0, -1)
      const program = argv[0]?.split('/').at(-1)
      return program === undefined ? [] : [{ pid: Number(pid), program, argv, ...(user ? { user } : {}), config }]
    })
  },
}

/** A program for people: name, pid, the interfaces and the socket that it is known by, and how it was started. */
export function describeProgram(program: ClockProgram): string {
  const interfaces = [...interfacesOf(program)].join(', ')
  const socket = socketOf(program)
  const where = [interfaces === '' ? '' : ` on ${interfaces}`, socket === undefined ? '' : ` with socket ${socket}`]
  return `${program.program} (pid ${program.pid})${where.join('')}, started as: ${program.argv.join(' ')}`
}

/** ptp4l(8): interfaces by -i, or as sections of its file. */
export const interfacesOf = ({ argv, config }: ClockProgram): ReadonlySet<string> =>
  new Set([
    ...optionValues(argv, 'i'),
    ...[...config.matchAll(/^\s*\[([^\]\s]+)\]/gm)].map(match => match[1] ?? '').filter(name => name !== 'global'),
  ])

/** Where a ptp4l answers, or whom a phc2sys asks. */
export function socketOf(program: ClockProgram): string | undefined {
  if (program.program === 'ptp4l') return setting('uds_address', program) ?? '/var/run/ptp4l'
  return program.program === 'phc2sys' ? (optionValues(program.argv, 'z')[0] ?? '/var/run/ptp4l') : undefined
}

/** Values of a one-letter option, joined (`-ieth0`) or apart (`-i eth0`). */
export function optionValues(argv: readonly string[], letter: string): string[] {
  return argv.flatMap((word, i) => {
    if (word === `-${letter}`) return argv[i + 1] === undefined ? [] : [argv[i + 1] as string]
    return word.startsWith(`-${letter}`) && !word.startsWith('--') ? [word.slice(2)] : []
  })
}

/** Letters that take a value, ptp4l(8) and phc2sys(8): what is joined to one is no flag. */
const withValue: Readonly<Record<string, string>> = { ptp4l: 'fipl', phc2sys: 'cdsifEPISFRNOLMtlznu' }

/** A one-letter option without a value, alone or in a row of them (`-rr`, `-am`). */
export const hasFlag = ({ program, argv }: ClockProgram, letter: string): boolean =>
  argv.slice(1).some(word => /^-[A-Za-z0-9]/.test(word) && flagsIn(word, withValue[program] ?? '').includes(letter))

function flagsIn(word: string, valued: string): string {
  const letters = word.slice(1)
  const end = [...letters].findIndex(letter => valued.includes(letter))
  return end < 0 ? letters : letters.slice(0, end)
}

/** A linuxptp setting: `--name value` or `--name=value` on the command line, else `name value` in the file. */
export function setting(name: string, { argv, config }: Pick<ClockProgram, 'argv' | 'config'>): string | undefined {
  const at = argv.indexOf(`--${name}`)
  if (at >= 0) return argv[at + 1]
  const joined = argv.find(word => word.startsWith(`--${name}=`))
  if (joined !== undefined) return joined.slice(name.length + 3)
  return new RegExp(`^\\s*${name}\\s+(\\S+)`, 'm').exec(config)?.[1]
}
