import { changing, hostThatIsOn, runningHost, runningSwitch } from './change.ts'
import { portStateBatch, sshCutBatch, sshHealBatch } from './network.ts'
import { ipBatch } from './node.ts'

/**
 * Cuts a host's link at the switch: neither end hears of a connection's end, and the port loses PTP. With `sshOnly`
 * the host merely has no way to the controller any more: ssh falls silent, PTP and test frames go on.
 */
export async function cutLink(lab: string, name: string, sshOnly: boolean): Promise<void> {
  await changing(lab, name, async ({ plan, host, lock }) => {
    if (sshOnly) await ipBatch((await hostThatIsOn(lab, name)).pid, sshCutBatch(plan), lock)
    else await ipBatch((await runningSwitch(lab)).pid, portStateBatch(host, 'down'), lock)
  })
}

/** Undoes both kinds of cut, or with `sshOnly` only that one. */
export async function healLink(lab: string, name: string, sshOnly: boolean): Promise<void> {
  await changing(lab, name, async ({ plan, host, lock }) => {
    const first = sshOnly ? await hostThatIsOn(lab, name) : await runningHost(lab, name)
    if (first !== undefined) await ipBatch(first.pid, sshHealBatch(plan), lock)
    if (!sshOnly) await ipBatch((await runningSwitch(lab)).pid, portStateBatch(host, 'up'), lock)
  })
}
