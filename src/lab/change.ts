import { LockstepError } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { findLab, type LabPaths, labPaths, readPid } from './folder.ts'
import { withLock } from './lock.ts'
import type { HostPlan, LabPlan } from './plan.ts'
import { isAlive, type RecordedProcess } from './process.ts'

/** One host of a lab, and the lab's lock while something about it changes. */
export interface HostInLab {
  readonly plan: LabPlan
  readonly host: HostPlan
  readonly paths: LabPaths
  readonly lock: number
}

/** Changes something about one host while nobody else changes the lab. */
export async function changing<T>(lab: string, name: string, change: (it: HostInLab) => Promise<T>): Promise<T> {
  hostOf(await findLab(lab), name)
  const paths = labPaths(lab)
  return await withLock(paths.lock, async lock => {
    // Again: while we waited for the lock the lab may have been taken down or made anew.
    const plan = await findLab(lab)
    return await change({ plan, host: hostOf(plan, name), paths, lock })
  })
}

export function hostOf(plan: LabPlan, name: string): HostPlan {
  const host = plan.hosts.find(each => each.name === name)
  if (host !== undefined) return host
  const names = plan.hosts.map(each => each.name)
  throw new LockstepError('LAB_UNKNOWN', `there is no host '${name}' in lab '${plan.name}'`, {
    hint: names.length <= 12 ? `there are: ${names.join(', ')}` : didYouMean(name, names),
  })
}

/** The first process of a host, undefined when its power is off. */
export async function runningHost(lab: string, name: string): Promise<RecordedProcess | undefined> {
  const first = await readPid(labPaths(lab).host(name))
  return first !== undefined && (await isAlive(first)) ? first : undefined
}

/** The first process of a host that must be on. */
export async function hostThatIsOn(lab: string, name: string): Promise<RecordedProcess> {
  const first = await runningHost(lab, name)
  if (first !== undefined) return first
  throw new LockstepError('LAB_HOST_OFF', `host '${name}' of lab '${lab}' is off`, {
    hint: `lockstep lab power ${name} on --name ${lab}`,
  })
}

/** The first process of the switch, which lives as long as its lab. */
export async function runningSwitch(lab: string): Promise<RecordedProcess> {
  const first = await readPid(labPaths(lab).switch)
  if (first !== undefined && (await isAlive(first))) return first
  throw new LockstepError('LAB_PROCESS', `the switch of lab '${lab}' has died`, {
    hint: `lockstep lab down --name ${lab}, then up again`,
  })
}
