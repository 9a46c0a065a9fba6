import type { RunRecord } from './record.ts'

/** Makes the reports of what is known so far; gives the files it wrote. */
export type WriteReport = (folder: string) => Promise<readonly string[]>

/** The result is written first: reports are made from the run folder alone. */
export async function reportPhase(record: RunRecord, writeReport: WriteReport): Promise<void> {
  await record.inPhase('report', async () => {
    record.save()
    for (const file of await writeReport(record.folder.path)) record.emit({ kind: 'report_written', file })
  })
}
