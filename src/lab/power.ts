import { changing, runningHost, runningSwitch } from './change.ts'
import { makeHostClock } from './clock-files.ts'
import { startHosts } from './hosts.ts'
import { looseEndBatch, parked, port, unplugBatch } from './network.ts'
import { hasLink, ipBatch, networkOf } from './node.ts'
import type { HostPlan } from './plan.ts'
import { kill } from './process.ts'
import { settleAll } from './settle.ts'

/**
 * Takes a host's power: the link goes first, so that no FIN tells anybody, then every process at once. Its disk stays.
 * False when it was off already.
 */
export async function powerOff(lab: string, name: string): Promise<boolean> {
  return await changing(lab, name, async ({ host, lock }) => {
    const first = await runningHost(lab, name)
    if (first === undefined) return false
    const { pid } = await runningSwitch(lab)
    // The switch keeps the cable: to its ptp4l the port is down, not gone.
    await ipBatch(first.pid, unplugBatch(host, networkOf(pid)), lock)
    await kill(first)
    return true
  })
}

/**
 * Starts a host again: what was in its memory is gone, its disk is as it was, its clocks start apart anew. False when
 * it was on already.
 */
export async function powerOn(lab: string, name: string): Promise<boolean> {
  return await changing(lab, name, async ({ host, paths, lock }) => {
    if ((await runningHost(lab, name)) !== undefined) return false
    const { pid } = await runningSwitch(lab)
    // A host that died by itself took its cable along, or is about to.
    const cable = (await hasLink(pid, parked(host))) ? 'kept' : 'new'
    if (cable === 'new') await dropLooseEnd(pid, host, lock)
    const clock = makeHostClock(paths, host)
    await settleAll([clock, startHosts([host], paths, { cable, switchPid: pid, programs: clock, lock })])
    return true
  })
}

/** What is left of the cable of a host that died. The kernel may take it away itself at this very moment. */
async function dropLooseEnd(switchPid: number, host: HostPlan, lock: number): Promise<void> {
  if (!(await hasLink(switchPid, port(host)))) return
  try {
    await ipBatch(switchPid, looseEndBatch(host), lock)
  } catch (error) {
    if (await hasLink(switchPid, port(host))) throw error
  }
}
