import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import { renderPage } from './page/page.ts'
import { readRunFolder } from './run-folder.ts'

/** Writes report.html of a run folder, whole or not at all, over the one that is there; gives the files written. */
export async function writeHtmlReport(folder: string): Promise<readonly string[]> {
  const page = renderPage(readRunFolder(folder))
  const file = join(folder, 'report.html')
  const fresh = `${file}.${process.pid}.new`
  try {
    writeFileSync(fresh, page)
    renameSync(fresh, file)
  } catch (cause) {
    rmSync(fresh, { force: true })
    throw new LockstepError('USAGE_FILE', `cannot write ${file}: ${(cause as Error).message}`, { cause })
  }
  return [file]
}
