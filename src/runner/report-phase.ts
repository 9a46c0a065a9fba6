import { LockstepError } from '../errors/error.ts'
import type { RunRecord } from './record.ts'

/** Makes the reports of what is known so far; gives the files it wrote. */
export type WriteReport = (folder: string) => Promise<readonly string[]>

/**
 * The result is written first: reports are made from the run folder alone. One that cannot be made is a failure of the run;
 * a folder that takes no more has failed before.
 */
export async function reportPhase(record: RunRecord, writeReport: WriteReport): Promise<void> {
  await record.inPhase('report', async () => {
    record.save()
    if (record.folder.failed.aborted) return
    try {
      for (const file of await writeReport(record.folder.path)) record.emit({ kind: 'report_written', file })
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      record.fail(error)
    }
  })
}
