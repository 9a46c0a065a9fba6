import { join } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { LockstepError } from '../errors/error.ts'
import { writeHtmlReport } from '../report/html.ts'
import { judgeLogs } from '../report/judge-logs.ts'
import { judgeOverall } from '../report/judge-overall.ts'
import type { LogsAtHand } from '../report/run-folder.ts'
import type { JudgedLogs, JudgeTask } from '../runner/judge-phase.ts'

/** The packet logs that were judged last: the page that is drawn of them next need not read them again. */
let atHand: LogsAtHand = new Map()

/** What is done in a thread of its own, because it would keep the main one from its beats. */
const tasks = {
  judge: (task: JudgeTask): Promise<JudgedLogs> => {
    const paths = task.flows.flatMap(({ file, log }) => (file && log ? [[join(task.folder, file), log] as const] : []))
    atHand = new Map(paths)
    return judgeLogs(task)
  },
  overall: judgeOverall,
  page: (folder: string): Promise<readonly string[]> => writeHtmlReport(folder, atHand),
}
export type Tasks = typeof tasks

/** A task's result or failure, by the number of the request. */
export interface WorkerAnswer {
  readonly id: number
  readonly value?: unknown
  readonly failure?: { readonly error: Error; readonly ours: Pick<LockstepError, 'code' | 'hint'> | undefined }
}

parentPort?.on('message', async ({ id, task, argument }: { id: number; task: keyof Tasks; argument: never }) => {
  const answer = await tasks[task](argument).then(
    (value: unknown): WorkerAnswer => ({ id, value }),
    (error: Error): WorkerAnswer => {
      const ours = error instanceof LockstepError ? { code: error.code, hint: error.hint } : undefined
      return { id, failure: { error, ours } }
    },
  )
  parentPort?.postMessage(answer)
})
