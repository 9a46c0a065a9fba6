import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import type { LabPlan } from './plan.ts'
import { formatRecord, parseRecord, type RecordedProcess } from './process.ts'

/** One folder per lab, a tmpfs of its own: unmounting it is removing it, and an overlay of `/` may lie in it. */
export const base = '/run/lockstep-lab'

/** Where everything of a lab lies. */
export function labPaths(name: string) {
  const folder = join(base, name)
  return {
    folder,
    /** Held by whoever makes, changes or takes down this lab. Outside the folder, which comes and goes under it. */
    lock: join(base, `.${name}.lock`),
    record: join(folder, 'lab.json'),
    inventory: join(folder, 'inventory.ini'),
    knownHosts: join(folder, 'known_hosts'),
    sshConfig: join(folder, 'ssh_config'),
    key: join(folder, 'id_ed25519'),
    programs: programPaths(join(folder, 'programs')),
    /** The table of PTP frames that all nodes share. */
    frames: join(folder, 'frames'),
    links: join(folder, 'dev'),
    switch: nodePaths(join(folder, 'switch')),
    host: (host: string) => nodePaths(join(folder, 'hosts', host)),
  }
}

/** Held while a lab picks its network, so that no two pick the same. */
export const networkLock = join(base, '.lock')

export type LabPaths = ReturnType<typeof labPaths>

const programPaths = (folder: string) => ({
  folder,
  preload: join(folder, 'vclock.so'),
  tool: join(folder, 'vclock'),
  init: join(folder, 'lab-init'),
})

function nodePaths(folder: string) {
  return {
    folder,
    pid: join(folder, 'pid'),
    log: join(folder, 'log'),
    clock: join(folder, 'clock'),
    clockState: join(folder, 'clock', 'state'),
    /** The overlay: what the host has written, the kernel's scratch folder, and where both and `/` come together. */
    upper: join(folder, 'upper'),
    work: join(folder, 'work'),
    root: join(folder, 'root'),
    home: join(folder, 'home'),
    fstab: join(folder, 'fstab'),
    /** The switch's PTP management socket. */
    uds: join(folder, 'ptp4l'),
  }
}

export type NodePaths = ReturnType<typeof nodePaths>

export interface LabRecord {
  readonly version: 1
  /** `making` until the last step of `up` has been done. */
  readonly state: 'making' | 'up'
  readonly plan: LabPlan
}

export async function writeRecord(record: LabRecord): Promise<void> {
  await writeWhole(labPaths(record.plan.name).record, `${JSON.stringify(record, null, 2)}\n`)
}

/** Undefined where there is no such lab. */
export async function readRecord(name: string): Promise<LabRecord | undefined> {
  const text = await readOrNothing(labPaths(name).record)
  return text === undefined ? undefined : (JSON.parse(text) as LabRecord)
}

/** A lab that `up` has finished. */
export async function findLab(name: string): Promise<LabPlan> {
  const record = await readRecord(name)
  if (record?.state === 'up') return record.plan
  if (record !== undefined)
    throw new LockstepError('LAB_UNFINISHED', `lab '${name}' was never finished`, { hint: downHint(name) })
  const others = await labNames()
  throw new LockstepError('LAB_UNKNOWN', `there is no lab '${name}'`, {
    hint: others.length === 0 ? 'lockstep lab up makes one' : `there are: ${others.join(', ')}`,
  })
}

export const downHint = (name: string) => `lockstep lab down --name ${name} removes it`

/** The labs of this machine, whole or not. */
export async function labNames(): Promise<readonly string[]> {
  const entries = await readdir(base).catch(nothingThere)
  return (entries ?? []).filter(name => !name.startsWith('.')).sort()
}

/** The nodes that a lab may have processes of, whatever its record says. */
export async function nodesOf(name: string): Promise<readonly NodePaths[]> {
  const paths = labPaths(name)
  const hosts = await readdir(join(paths.folder, 'hosts')).catch(nothingThere)
  return [paths.switch, ...(hosts ?? []).map(paths.host)]
}

export const writePid = (paths: NodePaths, recorded: RecordedProcess) => writeWhole(paths.pid, formatRecord(recorded))

/** The first process of a host or the switch; undefined before it was started. */
export async function readPid(paths: NodePaths): Promise<RecordedProcess | undefined> {
  const text = await readOrNothing(paths.pid)
  return text === undefined ? undefined : parseRecord(text)
}

/** Whole or not at all, whatever happens to us meanwhile. */
async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

export const readOrNothing = (path: string) => readFile(path, 'utf8').catch(nothingThere)

function nothingThere(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
