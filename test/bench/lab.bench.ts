import { freshName } from '../fixtures/lab.ts'
import { timed } from './program.ts'
import { type Extent, inSeconds, type Row } from './row.ts'

const goals: Readonly<Record<number, string>> = { 3: 'about 1 s', 50: 'a few seconds' }

/** `lockstep lab up` and `lab down` of so many hosts, the compilation of its programs included. */
export async function bench({ short, interrupted }: Extent): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const hosts of short ? [3, 20] : [3, 20, 50]) {
    interrupted.throwIfAborted()
    const name = freshName()
    const lab = (...argv: string[]) => timed([process.execPath, 'bin/lockstep.js', 'lab', ...argv, '--name', name])
    try {
      const upMs = await lab('up', '--hosts', `${hosts}`)
      const downMs = await lab('down')
      const goal = goals[hosts]
      const measured = `${inSeconds(upMs)}, down in ${inSeconds(downMs)}`
      rows.push({ what: `lab up, ${hosts} hosts`, measured, ...(goal === undefined ? {} : { goal }) })
    } finally {
      await lab('down')
    }
  }
  return rows
}
