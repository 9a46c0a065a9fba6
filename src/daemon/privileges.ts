import { LockstepError } from '../errors/error.ts'

/** The account of test processes, by its numbers. */
export interface User {
  readonly uid: number
  readonly gid: number
}

/** Capabilities that a profile can ask for, as capabilities(7) names them. */
export const capabilityNames = ['NET_RAW', 'NET_ADMIN', 'SYS_TIME', 'IPC_LOCK', 'SYS_NICE'] as const
export type Capability = (typeof capabilityNames)[number]

/**
 * The argv in front of a program that makes it that user's, with these capabilities and no way to any other: setpriv(1) of
 * util-linux. They are ambient, so that a program without file capabilities has them too.
 */
export function unprivileged({ uid, gid }: User, capabilities: readonly Capability[]): readonly string[] {
  if (uid === 0 || gid === 0) throw new LockstepError('BOOK_PROCESS', 'a test never runs as root')
  const set = ['-all', ...capabilities.map(name => `+${name.toLowerCase()}`)].join(',')
  return [
    ...['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs'],
    ...[`--bounding-set=${set}`, `--inh-caps=${set}`, `--ambient-caps=${set}`, '--'],
  ]
}

/**
 * Limits of the kernel, by prlimit(1) of util-linux: octets of any one file that the test writes, so that an output cannot fill
 * the disk, and descriptors. No core files.
 */
export const limited = (fileOctets: number): readonly string[] => [
  ...['prlimit', `--fsize=${fileOctets}:${fileOctets}`, '--nofile=1024:4096', '--core=0:0', '--'],
]
