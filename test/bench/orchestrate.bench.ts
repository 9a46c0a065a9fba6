import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { timed } from './program.ts'
import { type Extent, inSeconds, inTimes, median, type Row, spread } from './row.ts'
import { trafficMs, withRunningLab } from './running-lab.ts'

const few = 2
const many = 16
/** Ours measures at about an eighth; a third is what must hold however busy the machine is. */
const leastRatio = 3

/** What orchestrating a test of one second costs beyond that second: the real isochron and ours, on the same daemons in turns. */
export const bench = (extent: Extent): Promise<readonly Row[]> =>
  withRunningLab(many, async lab => {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
    try {
      const [file, manyFile] = [lab.orchestrationFile(folder, few), lab.orchestrationFile(folder, many)]
      const isochron = () => overhead(['isochron', 'orchestrate', '-F', file], folder)
      const ours = (input: string) =>
        overhead([process.execPath, join(process.cwd(), 'bin/lockstep.js'), 'orchestrate', '-F', input], folder)
      await ours(manyFile) // its gate opens when the clocks are in step; this run does not count

      const took = { isochron: [] as number[], few: [] as number[], many: [] as number[] }
      for (let round = 0; round < (extent.short ? 2 : 7); round++) {
        extent.interrupted.throwIfAborted()
        // The original takes its time, and varies little.
        if (!extent.short || round === 0) took.isochron.push(await isochron())
        took.few.push(await ours(file))
        took.many.push(await ours(manyFile))
      }
      return rowsOf(took)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

const overhead = async (argv: readonly string[], folder: string) => (await timed(argv, folder)) - trafficMs

function rowsOf(took: Readonly<Record<'isochron' | 'few' | 'many', readonly number[]>>): readonly Row[] {
  const ratio = median(took.isochron) / median(took.few)
  const more = median(took.many) - median(took.few)
  return [
    { what: `isochron orchestrate, ${few} flows, beyond 1 s of traffic`, measured: spread(took.isochron) },
    { what: `lockstep orchestrate, ${few} flows, the same`, measured: spread(took.few), goal: 'at most 1.50 s' },
    {
      what: 'isochron / lockstep',
      measured: inTimes(ratio),
      asserted: { text: `at least ${leastRatio} times`, met: ratio >= leastRatio },
    },
    {
      what: `lockstep orchestrate, ${many} flows`,
      measured: `${spread(took.many)}, ${more < 0 ? '' : '+'}${inSeconds(more)}`,
      goal: 'at most +1.00 s',
    },
  ]
}
