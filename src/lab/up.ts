import { mkdir } from 'node:fs/promises'
import { LockstepError, refuse } from '../errors/error.ts'
import { makeClocks, makePrograms } from './clock-files.ts'
import { sweep, takeDown } from './down.ts'
import { downHint, type LabPaths, labPaths, readPid, readRecord, writeRecord } from './folder.ts'
import { writeDevLinks, writeHostFiles } from './host-files.ts'
import { startHosts } from './hosts.ts'
import { type Lab, labOf } from './lab.ts'
import { withLock } from './lock.ts'
import { writeLoginFiles } from './login-files.ts'
import { checkHostNames, checkLabName } from './names.ts'
import type { LabPlan } from './plan.ts'
import { isAlive } from './process.ts'
import { obstacles } from './requirements.ts'
import { reserve } from './reserve.ts'
import { settleAll } from './settle.ts'
import { newSshKey } from './ssh-key.ts'
import { makeSwitch } from './switch.ts'

export interface LabOptions {
  /** The folder of the package, with the clocks' C sources below it. */
  readonly root: string
  readonly name: string
  readonly hosts: readonly string[]
  /** Moves the clocks' starts and drifts; the same seed, lab and host give the same clock. */
  readonly seed?: string | undefined
  /** Eight Syncs a second instead of one: hosts lock sooner. */
  readonly fastPtp?: boolean | undefined
  /** A folder that keeps the compiled programs for the next lab; without one they go with the lab. */
  readonly cache?: string | undefined
  /** Ends the making of the lab, which is then taken down. */
  readonly interrupted?: AbortSignal | undefined
}

/** Makes a lab and returns when every host answers; it stays until it is taken down. What fails half-way leaves nothing. */
export async function labUp(options: LabOptions): Promise<Lab> {
  const { name, hosts, seed = '1', fastPtp = false } = options
  const request = { name: checkLabName(name), hosts: checkHostNames(hosts), seed, fastPtp }
  refuse(obstacles())
  const paths = labPaths(name)
  return await withLock(paths.lock, async lock => {
    await clearWreck(name, paths, lock)
    try {
      const plan = await reserve(request, lock)
      await make(plan, paths, options, lock)
      return await labOf(plan)
    } catch (error) {
      await takeDown(name, lock)
      await sweep(name)
      throw error
    }
  })
}

/** A lab that was never finished, or that has no switch any more, makes room; a whole one does not. */
async function clearWreck(name: string, paths: LabPaths, lock: number): Promise<void> {
  const record = await readRecord(name)
  const first = await readPid(paths.switch)
  if (record?.state === 'up' && first !== undefined && (await isAlive(first)))
    throw new LockstepError('LAB_EXISTS', `lab '${name}' is already up`, {
      hint: `${downHint(name)}; --name makes another one beside it`,
    })
  await takeDown(name, lock)
}

async function make(plan: LabPlan, paths: LabPaths, options: LabOptions, lock: number): Promise<void> {
  const { root, cache, interrupted } = options
  await mkdir(paths.switch.folder, { recursive: true })
  const compiled = makePrograms(paths, { root, cache, lock }).then(() => makeClocks(plan, paths))
  await settleAll([compiled, makeNodes(plan, paths, compiled, lock)])
  stopIf(interrupted)
  await writeRecord({ version: 1, state: 'up', plan })
}

/** The compiler is the slowest part: nodes are made meanwhile, and only their first processes wait for it. */
async function makeNodes(plan: LabPlan, paths: LabPaths, compiled: Promise<void>, lock: number): Promise<void> {
  const [bridge] = await settleAll([makeSwitch(plan, paths, lock), writeFiles(plan, paths)])
  await startHosts(plan.hosts, paths, { cable: 'new', switchPid: bridge.first.pid, programs: compiled, lock })
  await bridge.start()
}

async function writeFiles(plan: LabPlan, paths: LabPaths): Promise<void> {
  const lab = newSshKey(`lockstep-lab-${plan.name}`)
  const keys = plan.hosts.map(host => newSshKey(host.name))
  await writeDevLinks(paths)
  await writeLoginFiles(plan, paths, lab, keys)
  await settleAll(plan.hosts.map((host, i) => writeHostFiles(plan, host, paths, { lab, host: keys[i] ?? lab })))
}

function stopIf(interrupted: AbortSignal | undefined): void {
  if (interrupted?.aborted) throw new LockstepError('USER_INTERRUPT', 'interrupted; the lab is taken down again')
}
