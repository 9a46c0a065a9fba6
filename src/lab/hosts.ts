import type { LabPaths } from './folder.ts'
import { inHost } from './host-files.ts'
import { type Batch, cableBatch, hostBatch, plugBatch, portBatch } from './network.ts'
import { ipBatch, networkOf, recordFirst, released, untilSshListens } from './node.ts'
import type { HostPlan } from './plan.ts'
import { programPath } from './requirements.ts'
import { hostInitScript, hostScript, launchScript } from './scripts.ts'
import { settleAll } from './settle.ts'
import { abandonAll, type Staged, stage } from './staged.ts'

/** How hosts are started. */
export interface Start {
  /** A new cable, or the one that was kept in the switch while the host's power was off. */
  readonly cable: 'new' | 'kept'
  readonly switchPid: number
  /** Fulfilled when the lab's programs and the hosts' clocks are there. */
  readonly programs: Promise<void>
  readonly lock: number
}

/** Starts hosts whose files are written, all at once; done when each one's sshd listens. */
export async function startHosts(hosts: readonly HostPlan[], paths: LabPaths, start: Start): Promise<void> {
  const { cable, switchPid, lock } = start
  const scripts: HostScript[] = []
  try {
    await settleAll(hosts.map(async host => void scripts.push(await unshare(host, paths, lock))))
    const wired = ipBatch(
      switchPid,
      scripts.flatMap(script => plugged(script.host, script.pid, cable)),
      lock,
    )
    await settleAll([wired, ...scripts.map(script => boot(script, wired, paths, start))])
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

const plugged = (host: HostPlan, pid: number, cable: Start['cable']): Batch =>
  cable === 'new' ? [...cableBatch(host, networkOf(pid)), ...portBatch(host)] : plugBatch(host, networkOf(pid))

async function boot(script: HostScript, wired: Promise<void>, paths: LabPaths, start: Start): Promise<void> {
  const { host } = script
  const folder = paths.host(host.name)
  await wired
  await ipBatch(script.pid, hostBatch(host), start.lock)
  script.go()
  const first = await recordFirst(script, folder)
  await start.programs
  script.go()
  await released(script, first, host.name, folder)
  await untilSshListens(first, host.name, folder)
}
