import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { LockstepError } from '../errors/error.ts'
import type { Tasks, WorkerAnswer } from './worker.ts'

/** A second thread for what takes long: reading and drawing a million packets. */
export interface Thread {
  run<Task extends keyof Tasks>(task: Task, argument: Parameters<Tasks[Task]>[0]): ReturnType<Tasks[Task]>
  end(): Promise<void>
}

/** Starts it now, so that it is warm when it is needed; `root` is the folder of the package. */
export function startThread(root: string): Thread {
  const worker = new Worker(join(root, 'dist', 'worker.js'))
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  const failAll = (error: Error) => {
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  worker.on('message', ({ id, value, failure }: WorkerAnswer) => {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (failure === undefined) asked?.resolve(value)
    else asked?.reject(revived(failure))
  })
  worker.on('error', failAll)
  worker.on('exit', () => failAll(new Error('the second thread has ended')))
  // It keeps no process alive that has nothing else to do.
  worker.unref()
  let next = 0
  return {
    run: (task, argument) => {
      const id = next++
      const answer = new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        worker.ref()
        worker.postMessage({ id, task, argument })
      })
      // What the thread sends back for a task is what that task returns.
      return answer.finally(() => worker.unref()) as ReturnType<Tasks[typeof task]>
    },
    end: async () => {
      await worker.terminate()
    },
  }
}

/** An error loses its class on the way between threads. */
function revived({ error, ours }: NonNullable<WorkerAnswer['failure']>): Error {
  return ours === undefined ? error : new LockstepError(ours.code, error.message, { hint: ours.hint, cause: error })
}
