import type { LabPaths } from './folder.ts'
import { inHost } from './host-files.ts'
import { type Batch, cableBatch, hostBatch, plugBatch, portBatch } from './network.ts'
import { ipBatch, networkOf, recordFirst, released, untilSshListens } from './node.ts'
import type { HostPlan } from './plan.ts'
import { programPath } from './requirements.ts'
import { hostInitScript, hostScript, launchScript } from './scripts.ts'
import { settleAll } from './settle.ts'
import { abandonAll, type Staged, stage } from './staged.ts'

/** A host is new, or its end of the cable was kept in the switch while its power was off. */
export type Cable = 'new' | 'kept'

/** Starts hosts whose files are written, all at once; done when each one's sshd listens. */
export async function startHosts(
  hosts: readonly HostPlan[],
  paths: LabPaths,
  cable: Cable,
  switchPid: number,
  lock: number,
): Promise<void> {
  const scripts: HostScript[] = []
  try {
    await settleAll(hosts.map(async host => void scripts.push(await unshare(host, paths, lock))))
    const wired = ipBatch(
      switchPid,
      scripts.flatMap(script => plugged(script.host, script.pid, cable)),
      lock,
    )
    await settleAll([wired, ...scripts.map(script => boot(script, wired, paths, lock))])
  } catch (error) {
    throw await abandonAll(scripts, error)
  }
}

/** A host whose namespaces exist and whose script is at work in them. */
interface HostScript extends Staged {
  readonly host: HostPlan
}

async function unshare(host: HostPlan, paths: LabPaths, lock: number): Promise<HostScript> {
  const folder = paths.host(host.name)
  const argv = ['unshare', '--mount', '--net', '--uts', '--ipc', '--', 'sh', '-eu', '-c', hostScript, 'lockstep-lab']
  const then = [launchScript, 'lockstep-lab', hostInitScript, folder.root, inHost.init, programPath('sshd') ?? 'sshd']
  const script = await stage([...argv, folder.folder, host.name, paths.links, ...then], lock)
  await script.line()
  return { ...script, host }
}

const plugged = (host: HostPlan, pid: number, cable: Cable): Batch =>
  cable === 'new' ? [...cableBatch(host, networkOf(pid)), ...portBatch(host)] : plugBatch(host, networkOf(pid))

async function boot(script: HostScript, wired: Promise<void>, paths: LabPaths, lock: number): Promise<void> {
  const { host } = script
  const folder = paths.host(host.name)
  await wired
  await ipBatch(script.pid, hostBatch(host), lock)
  script.go()
  const first = await recordFirst(script, folder)
  script.go()
  await released(script, first, host.name, folder)
  await untilSshListens(first, host.name, folder)
}
