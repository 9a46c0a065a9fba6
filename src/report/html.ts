import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import { cellTableCsv, cellTableJson } from './cell-table.ts'
import { renderPage } from './page/page.ts'
import { type LogsAtHand, readRunFolder } from './run-folder.ts'

/**
 * Writes report.html of a run folder, and of an experiment the table of its cells as CSV and JSON: each whole or not at all,
 * over the one that is there. Gives the files written.
 */
export async function writeHtmlReport(folder: string, atHand?: LogsAtHand): Promise<readonly string[]> {
  const record = readRunFolder(folder, atHand)
  const page = writeWhole(join(folder, 'report.html'), renderPage(record))
  if (record.experiment === undefined) return [page]
  const { table } = record.experiment
  return [
    page,
    writeWhole(join(folder, 'cells.csv'), cellTableCsv(table)),
    writeWhole(join(folder, 'cells.json'), cellTableJson(table)),
  ]
}

function writeWhole(file: string, text: string): string {
  const fresh = `${file}.${process.pid}.new`
  try {
    writeFileSync(fresh, text)
    renameSync(fresh, file)
    return file
  } catch (cause) {
    rmSync(fresh, { force: true })
    throw new LockstepError('USAGE_FILE', `cannot write ${file}: ${(cause as Error).message}`, { cause })
  }
}
