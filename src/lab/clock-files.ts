import { chmod, copyFile, link, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { compileClocks, createClock, createFrames } from './clocks.ts'
import type { LabPaths, NodePaths } from './folder.ts'
import type { ClockStart, HostPlan, LabPlan } from './plan.ts'

/** Compiles the lab's programs, in `cache` when there is one, and puts them where the lab's paths say. */
export async function makePrograms(
  paths: LabPaths,
  { root, cache, lock }: { readonly root: string; readonly cache: string | undefined; readonly lock: number },
): Promise<void> {
  const { folder } = paths.programs
  await makeOpenFolder(folder)
  const built = await compileClocks({ root, into: cache ?? folder, inherit: [lock] })
  for (const which of ['preload', 'tool', 'init'] as const) {
    await copyFile(built[which], paths.programs[which])
    await chmod(paths.programs[which], 0o755)
  }
}

/** The switch's clock is right and does not drift; every host's is as planned. All share one table of PTP frames. */
export async function makeClocks(plan: LabPlan, paths: LabPaths): Promise<void> {
  await createFrames(paths.programs.tool, paths.frames)
  await chmod(paths.frames, 0o644)
  const right = { offset: 0, drift: 0 }
  await Promise.all([
    makeClock(paths, paths.switch, { system: right, phc: right }),
    ...plan.hosts.map(host => makeHostClock(paths, host)),
  ])
}

/** Also after the power was off: both clocks start apart again. */
export const makeHostClock = (paths: LabPaths, host: HostPlan) => makeClock(paths, paths.host(host.name), host)

async function makeClock(
  paths: LabPaths,
  node: NodePaths,
  { system, phc }: { readonly system: ClockStart; readonly phc: ClockStart },
): Promise<void> {
  const frames = join(node.clock, 'frames')
  await makeOpenFolder(node.clock)
  await Promise.all([node.clockState, frames].map(file => rm(file, { force: true })))
  await link(paths.frames, frames)
  await createClock(paths.programs.tool, node.clockState, {
    systemOffsetNs: BigInt(system.offset),
    systemDriftPpb: system.drift,
    phcOffsetNs: BigInt(phc.offset),
    phcDriftPpb: phc.drift,
  })
  await chmod(node.clockState, 0o644)
}

/** Every user of a host reads it, whatever our umask is. */
async function makeOpenFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o755)
}
