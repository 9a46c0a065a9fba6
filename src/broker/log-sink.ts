import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type FileHandle, open } from 'node:fs/promises'

/** Where the lines of the log go. stderr is the client's. */
export interface LogSink {
  write(line: string): void
  /** When all is written, or cannot be. */
  close(): Promise<void>
}

const mode = 0o640

export const logSink = async (file: string | undefined): Promise<LogSink> =>
  file === undefined ? systemLog() : fileLog(await open(file, 'a', mode))

/** Each line by one write to the end of the file: several brokers share it. */
function fileLog(handle: FileHandle): LogSink {
  let written: Promise<unknown> = Promise.resolve()
  return {
    write: line => {
      written = written.then(() => handle.write(line)).catch(() => undefined)
    },
    close: async () => {
      await written
      await handle.close()
    },
  }
}

/** By logger(1), which is there wherever a log of the system is. Started with the first line. */
function systemLog(): LogSink {
  let logger: ChildProcess | undefined
  return {
    write: line => {
      logger ??= start()
      logger.stdin?.write(line)
    },
    close: async () => {
      if (logger === undefined || logger.exitCode !== null || logger.pid === undefined) return
      const ended = once(logger, 'exit')
      logger.stdin?.end()
      await ended
    },
  }
}

function start(): ChildProcess {
  const words = ['--tag', 'lockstep-broker', '--priority', 'auth.notice']
  const logger = spawn('/usr/bin/logger', words, { stdio: ['pipe', 'ignore', 'ignore'] })
  logger.on('error', () => undefined) // no log of the system here: the session goes on
  logger.stdin?.on('error', () => undefined)
  return logger
}
