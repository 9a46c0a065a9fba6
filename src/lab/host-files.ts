import { readdirSync } from 'node:fs'
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { LabPaths, NodePaths } from './folder.ts'
import type { HostPlan, LabPlan } from './plan.ts'
import type { SshKey } from './ssh-key.ts'

/** Where a host finds the lab's programs. */
const programs = '/usr/lib/lockstep-lab'
export const inHost = { preload: `${programs}/vclock.so`, init: `${programs}/lab-init` } as const

/** What every host's /dev links to; copied from here, for a link costs a process in a script. */
export async function writeDevLinks(paths: LabPaths): Promise<void> {
  await mkdir(paths.links)
  const links = { fd: '/proc/self/fd', stdin: 'fd/0', stdout: 'fd/1', stderr: 'fd/2', ptmx: 'pts/ptmx' }
  await Promise.all(Object.entries(links).map(([name, target]) => symlink(target, join(paths.links, name))))
}

/** Writes what a host has of its own over the real machine's files, before both are laid over each other. */
export async function writeHostFiles(
  plan: LabPlan,
  host: HostPlan,
  lab: LabPaths,
  keys: { readonly host: SshKey; readonly lab: SshKey },
): Promise<void> {
  const paths = lab.host(host.name)
  await Promise.all([paths.work, paths.root, paths.clock].map(folder => mkdir(folder, { recursive: true })))
  const own: Record<string, string> = {
    '/etc/hostname': `${host.name}\n`,
    '/etc/hosts': hostsFile(plan),
    // No name server is in reach; asking one would only wait.
    '/etc/resolv.conf': '',
    '/etc/ld.so.preload': `${inHost.preload}\n`,
    '/etc/shadow': unlocked(await readFile('/etc/shadow', 'utf8')),
    ...Object.fromEntries(realHostKeys().map(path => [path, ''])),
    '/etc/ssh/ssh_host_ed25519_key': keys.host.privateFile,
    '/etc/ssh/ssh_host_ed25519_key.pub': `${keys.host.publicLine}\n`,
    '/etc/ssh/sshd_config': sshdConfig,
  }
  await Promise.all([
    ...Object.entries(own).map(([path, text]) => put(paths.upper, path, text)),
    put(paths.home, '/.ssh/authorized_keys', `${keys.lab.publicLine}\n`),
    writeFile(paths.fstab, fstab(paths, lab.programs.folder)),
  ])
}

/** Rights are said, not left to the umask: sshd refuses loose ones, and everybody on the host must be able to read. */
async function put(root: string, path: string, text: string): Promise<void> {
  await makeFolders(root, path)
  await writeFile(join(root, path), text)
  await chmod(join(root, path), /(shadow|_key|authorized_keys)$/.test(path) ? 0o600 : 0o644)
}

async function makeFolders(root: string, path: string): Promise<void> {
  const folder = dirname(path)
  await mkdir(join(root, folder), { recursive: true })
  for (let at = folder; ; at = dirname(at)) {
    await chmod(join(root, at), 0o755)
    if (at === '/') return
  }
}

const hostsFile = (plan: LabPlan) =>
  [
    '127.0.0.1 localhost',
    `${plan.controller.address} controller`,
    ...plan.hosts.map(host => `${host.address} ${host.name}`),
    '',
  ].join('\n')

/** sshd without PAM refuses an account whose password is locked (`!`); `*` only means that no password fits. */
export const unlocked = (shadow: string) => shadow.replace(/^root:![^:]*/m, 'root:*')

/** A host has a key of its own and must not hold the real machine's. */
const realHostKeys = () =>
  readdirSync('/etc/ssh')
    .filter(name => name.startsWith('ssh_host_'))
    .map(name => join('/etc/ssh', name))

/** Debian's defaults, but one key for root and no password for anybody. */
const sshdConfig = `# Written by lockstep lab up.
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
AllowTcpForwarding yes
X11Forwarding no
PrintMotd no
AcceptEnv LANG LC_*
Subsystem sftp internal-sftp
`

/**
 * The host's file systems below `root`; /proc follows, for it belongs to the pid namespace. /sys would be the real
 * machine's, so it is only to be read. The real machine's homes and foreign disks are out of sight.
 */
export function fstab({ upper, work, root, home, clock }: NodePaths, labPrograms: string): string {
  const tmpfs = (path: string, options: string) => `tmpfs ${root}${path} tmpfs ${options},X-mount.mkdir`
  return [
    `overlay ${root} overlay lowerdir=/,upperdir=${upper},workdir=${work}`,
    `sysfs ${root}/sys sysfs ro,nosuid,nodev,noexec`,
    tmpfs('/dev', 'mode=755,size=1m,nosuid'),
    `devpts ${root}/dev/pts devpts newinstance,ptmxmode=666,mode=620,gid=5,X-mount.mkdir`,
    tmpfs('/dev/shm', 'mode=1777,nosuid,nodev'),
    tmpfs('/run', 'mode=755,nosuid,nodev'),
    tmpfs('/run/lock', 'mode=1777,nosuid,nodev'),
    tmpfs('/run/sshd', 'mode=755,nosuid,nodev,size=64k'),
    tmpfs('/tmp', 'mode=1777,nosuid,nodev'),
    tmpfs('/var/tmp', 'mode=1777,nosuid,nodev'),
    ...['/home', '/media', '/mnt', '/srv'].map(path => tmpfs(path, 'mode=755,size=64m')),
    `${labPrograms} ${root}${programs} none bind,ro,X-mount.mkdir`,
    `${home} ${root}/root none bind,X-mount.mkdir`,
    `${clock} ${root}/run/vclock none bind,X-mount.mkdir`,
    '',
  ].join('\n')
}
