import { mkdir } from 'node:fs/promises'
import { LockstepError } from '../errors/error.ts'
import { labNames, labPaths, networkLock, readRecord, writeRecord } from './folder.ts'
import { withLock } from './lock.ts'
import { type LabPlan, type LabRequest, planLab } from './plan.ts'
import { run } from './program.ts'
import { freeNetwork } from './subnet.ts'

/** Finds a network for the lab and writes it down in the lab's new folder, so that nobody else takes it. */
export async function reserve(request: Omit<LabRequest, 'network'>, lock: number): Promise<LabPlan> {
  return await withLock(networkLock, async () => {
    const network = freeNetwork(await takenNetworks(), await routes())
    if (network === undefined)
      throw new LockstepError('LAB_NETWORK', 'no /24 of 198.18.0.0/15 is free on this machine', {
        hint: 'routes and other labs take them all: see ip route',
      })
    const plan = planLab({ ...request, network })
    const { folder } = labPaths(plan.name)
    await mkdir(folder, { mode: 0o700 })
    await run(['mount', '-n', '-t', 'tmpfs', '-o', 'mode=700', 'lockstep-lab', folder], { inherit: [lock] })
    await writeRecord({ version: 1, state: 'making', plan })
    return plan
  })
}

async function takenNetworks(): Promise<readonly string[]> {
  const records = await Promise.all((await labNames()).map(readRecord))
  return records.flatMap(record => (record === undefined ? [] : [record.plan.network]))
}

const routes = async () => JSON.parse((await run(['ip', '-json', '-4', 'route'])) || '[]') as { dst: string }[]
