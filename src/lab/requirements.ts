import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import type { Problem } from '../errors/error.ts'
import { searchPath } from './program.ts'

/** What a lab runs on the real machine, and the Debian package that brings it. */
const packages = {
  cc: 'gcc libc6-dev',
  flock: 'util-linux',
  ip: 'iproute2',
  mount: 'mount',
  mountpoint: 'util-linux',
  nsenter: 'util-linux',
  pivot_root: 'util-linux',
  ptp4l: 'linuxptp',
  setsid: 'util-linux',
  ssh: 'openssh-client',
  sshd: 'openssh-server',
  umount: 'mount',
  unshare: 'util-linux',
} as const

export type Program = keyof typeof packages

/** The facts about this machine that decide whether it can hold a lab. */
export interface Machine {
  readonly platform: string
  readonly uid: number | undefined
  readonly find: (program: string) => string | undefined
  /** Why namespaces cannot be made here, undefined when they can. */
  readonly namespaces: () => string | undefined
}

export const thisMachine: Machine = {
  platform: process.platform,
  uid: process.getuid?.(),
  find: programPath,
  namespaces: tryNamespaces,
}

/** Everything that stands in the way of a lab: one finding each, none when it can be made. */
export function obstacles({ platform, uid, find, namespaces }: Machine = thisMachine): readonly Problem[] {
  if (platform !== 'linux')
    return [{ code: 'LAB_PLATFORM', message: `a lab is made of Linux namespaces, this is ${platform}` }]
  if (uid !== 0) return [{ code: 'LAB_ROOT', message: `a lab needs root, you are user ${uid}`, hint: 'use sudo' }]
  const missing = Object.entries(packages)
    .filter(([program]) => find(program) === undefined)
    .map(([program, wanted]): Problem => {
      const message = `the program '${program}' is missing (Debian package ${wanted.split(' ').join(' and ')})`
      return { code: 'LAB_PROGRAM', message, hint: `apt-get install ${wanted}` }
    })
  if (missing.length > 0) return missing
  const refusal = namespaces()
  if (refusal === undefined) return []
  const hint = 'in a container this needs --privileged'
  return [{ code: 'LAB_NAMESPACES', message: `namespaces cannot be made here: ${refusal}`, hint }]
}

export function programPath(program: string): string | undefined {
  return searchPath()
    .split(':')
    .map(folder => join(folder, program))
    .find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function tryNamespaces(): string | undefined {
  const argv = ['--mount', '--net', '--uts', '--ipc', '--pid', '--fork', '--mount-proc', 'true']
  const { status, stderr } = spawnSync(programPath('unshare') ?? 'unshare', argv, { encoding: 'utf8', timeout: 10_000 })
  return status === 0 ? undefined : stderr.trim() || `unshare ended with ${status}`
}
