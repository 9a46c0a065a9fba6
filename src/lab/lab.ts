import { labPaths, readPid } from './folder.ts'
import type { LabPlan } from './plan.ts'

/** A lab that is up, as a test or a program wants to see it. */
export interface Lab {
  readonly name: string
  readonly folder: string
  readonly inventory: string
  readonly knownHosts: string
  readonly sshConfig: string
  readonly key: string
  readonly controller: string
  readonly hosts: readonly LabHost[]
}

export interface LabHost {
  readonly name: string
  readonly address: string
  /** The host's first process as this machine numbers it; undefined before it was ever started. */
  readonly pid: number | undefined
  /** The file that both of its clocks live in. */
  readonly clockState: string
}

export async function labOf(plan: LabPlan): Promise<Lab> {
  const { folder, inventory, knownHosts, sshConfig, key, host: pathsOf } = labPaths(plan.name)
  const hosts = plan.hosts.map(async ({ name, address }) => {
    const paths = pathsOf(name)
    return { name, address, pid: (await readPid(paths))?.pid, clockState: paths.clockState }
  })
  const controller = plan.controller.address
  return { name: plan.name, folder, inventory, knownHosts, sshConfig, key, controller, hosts: await Promise.all(hosts) }
}
