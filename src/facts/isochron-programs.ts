import { optionValues } from './clock-programs.ts'
import type { Fact } from './fact.ts'

/** A running daemon or receiver of isochron: both listen for a management protocol that knows no password. */
export interface IsochronProgram {
  readonly pid: number
  readonly argv: readonly string[]
}

export const isochronPrograms: Fact<readonly IsochronProgram[]> = {
  name: 'isochron_programs',
  ask: [
    'for d in /proc/[0-9]*; do',
    '  read -r name 2>/dev/null <"$d/comm" && [ "$name" = isochron ] || continue',
    '  [ "$d/ns/net" -ef /proc/self/ns/net ] || continue',
    `  echo "@process \${d#/proc/}"`,
    `  tr '\\0' '\\n' <"$d/cmdline"`,
    '  echo "@end"',
    'done',
  ].join('\n'),
  read: output =>
    [...output.matchAll(/^@process (\d+)\n([\s\S]*?)@end$/gm)].map(([, pid, cmdline = '']) => {
      return { pid: Number(pid), argv: cmdline.split('\n').slice(0, -1) }
    }),
}

/**
 * Where it can be reached: isochron-daemon(8), isochron-rcv(8). Left out, it is every address; so it is for an IPv4 address in its
 * usual form, which isochron 0.9 passes over in silence.
 */
export function managementAddress({ argv }: IsochronProgram): { readonly address: string; readonly port: number } {
  const long = (name: string) => {
    const at = argv.indexOf(`--${name}`)
    return at >= 0 ? argv[at + 1] : argv.find(word => word.startsWith(`--${name}=`))?.slice(name.length + 3)
  }
  const address = long('stats-address') ?? optionValues(argv, 'S')[0] ?? '::'
  const port = Number(long('stats-port') ?? optionValues(argv, 'P')[0] ?? 5000)
  return { address, port }
}

/** A sender and a report ask, and are not asked. */
export const listens = ({ argv: [, what] }: IsochronProgram): boolean => what === 'daemon' || what === 'rcv'

/** Whether other machines can reach it. */
export const isOpen = (program: IsochronProgram): boolean => {
  const { address } = managementAddress(program)
  return address !== '::1' && !address.startsWith('::ffff:127.')
}
