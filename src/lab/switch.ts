import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { LockstepError } from '../errors/error.ts'
import { type LabPaths, readOrNothing } from './folder.ts'
import { controllerBatch, switchBatch } from './network.ts'
import { ipBatch, ipBatchHere, networkOf, recordFirst, released } from './node.ts'
import type { LabPlan } from './plan.ts'
import type { RecordedProcess } from './process.ts'
import { launchScript, switchInitScript, switchScript } from './scripts.ts'
import { abandonAll, type Staged, stage } from './staged.ts'

const startMs = 10_000

/** The switch: a bridge, and a boundary clock on its ports once these are there. */
export interface SwitchInMaking {
  readonly first: RecordedProcess
  /** Starts ptp4l on every port. */
  start(): Promise<void>
}

/** Makes the switch's namespaces, its bridge and the controller's cable. Clock and programs may still be in the making. */
export async function makeSwitch(plan: LabPlan, paths: LabPaths, lock: number): Promise<SwitchInMaking> {
  const { preload, init } = paths.programs
  const { folder, clockState } = paths.switch
  const argv = ['unshare', '--mount', '--net', '--uts', '--ipc', '--', 'sh', '-eu', '-c', switchScript, 'lockstep-lab']
  const then = [launchScript, 'lockstep-lab', switchInitScript, preload, clockState, init, '--']
  const script = await stage([...argv, folder, paths.folder, ...then, ...ptp4l(plan, paths)], lock)
  try {
    await script.line()
    await wire(script, plan, lock)
    script.go()
    const first = await recordFirst(script, paths.switch)
    script.go()
    return { first, start: () => start(script, first, paths) }
  } catch (error) {
    throw await abandonAll([script], error)
  }
}

async function start(script: Staged, first: RecordedProcess, paths: LabPaths): Promise<void> {
  script.go()
  await released(script, first, 'the switch', paths.switch)
  await untilPtpRuns(paths)
}

/** ptp4l opens its management socket once it has its clock. */
async function untilPtpRuns({ switch: { uds, log } }: LabPaths): Promise<void> {
  const deadline = Date.now() + startMs
  while (!existsSync(uds)) {
    if (Date.now() > deadline) {
      const said = (await readOrNothing(log))?.trim() || 'nothing'
      throw new LockstepError(
        'LAB_SETUP',
        `the switch's ptp4l does not run after ${startMs / 1000} s; it said: ${said}`,
      )
    }
    await sleep(5)
  }
}

async function wire(script: Staged, plan: LabPlan, lock: number): Promise<void> {
  await ipBatch(script.pid, switchBatch(plan, networkOf(process.pid)), lock)
  await ipBatchHere(controllerBatch(plan), lock)
}

/**
 * IEEE 802.1AS calls it a time-aware bridge, IEEE 1588 a boundary clock with peer delay. Priority 100 makes it the
 * grandmaster of hosts with default settings. Fast: eight Syncs and two Announces a second.
 */
function ptp4l({ hosts, fastPtp }: LabPlan, paths: LabPaths): readonly string[] {
  const fast = ['--logSyncInterval', '-3', '--logAnnounceInterval', '-1', '--logMinPdelayReqInterval', '-2']
  return [
    'ptp4l',
    ...['-2', '-P', '-m', '-q', '--priority1', '100', '--uds_address', paths.switch.uds],
    ...(fastPtp ? fast : []),
    ...hosts.flatMap(({ index }) => ['-i', `port${index}`]),
  ]
}
