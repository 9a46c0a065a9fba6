import { readFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { noRules, type Rules } from '../book/limits.ts'
import { reachDaemon } from '../daemon/daemon-link.ts'
import { type Log, logTo } from '../daemon/log.ts'
import { type Peer, peerOver } from '../daemon/peer.ts'
import { type ExitCode, exit, exitCodeOf } from '../errors/codes.ts'
import { LockstepError } from '../errors/error.ts'
import { readLimits } from '../limits/read.ts'
import { moment } from '../units/micros.ts'
import { maxLine } from '../wire/json-lines.ts'
import { logSink } from './log-sink.ts'
import { loginOf } from './login.ts'
import { serve } from './session.ts'
import { type BrokerSettings, isMeant, settingsIn } from './settings.ts'

/** A client beats every 5 s; 15 s without a word, and it is gone. */
const limits = { maxLine, helloMs: 10_000, silenceMs: 15_000, writeMs: 10_000 }

/** What bin/lockstep-broker.js calls: sshd has started us, and the client is at the other end of our streams. */
export async function start(): Promise<void> {
  process.exitCode = await broker(process.argv.slice(2)).catch(failed)
}

async function broker(argv: readonly string[]): Promise<ExitCode> {
  const settings = settingsIn(argv)
  const sink = await logSink(settings.log)
  const log = logTo(sink.write, { now: Date.now, prefixed: false })
  try {
    return await admit(settings, log)
  } finally {
    await sink.close()
  }
}

async function admit(settings: BrokerSettings, log: Log): Promise<ExitCode> {
  const original = process.env['SSH_ORIGINAL_COMMAND']
  if (!isMeant(original)) {
    log('warning', 'no shell', { message: original ?? 'a shell', address: process.env['SSH_CONNECTION'] })
    say('this account runs nothing but lockstep-broker')
    return exit.usage
  }
  const streams = ourStreams()
  try {
    return await serveClient(streams.client, settings, log)
  } catch (error) {
    log.failure('ended', error, { address: process.env['SSH_CONNECTION'] })
    return failed(error)
  } finally {
    streams.end()
  }
}

async function serveClient(client: Peer, settings: BrokerSettings, log: Log): Promise<ExitCode> {
  const { limits: file, socket, identity: forced } = settings
  const [rules, login] = await Promise.all([rulesIn(file), loginOf(process.env)])
  const now = () => moment(Date.now() * 1_000)
  await serve({ client, rules, login, forced, log, now, reach: () => reachDaemon(socket) })
  return exit.ok
}

/** Without the file nobody may anything; with one that is wrong neither, and whoever keeps it finds that in the log. */
async function rulesIn(file: string): Promise<Rules> {
  try {
    return readLimits(file, await readFile(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return noRules
    throw error
  }
}

/** As long as a timer lasts, 24 days: nothing is said by the end that we write to. */
const never = 0x7fff_ffff

/**
 * Not process.stdout: writing there may wait for a client that does not read, and then no deadline is kept. Two
 * streams: a client that is done asking still hears the answers. `end`: one that keeps its end open must not keep us.
 */
function ourStreams(): { readonly client: Peer; readonly end: () => void } {
  try {
    const readable = new Socket({ fd: 0, readable: true, writable: false })
    const writable = new Socket({ fd: 1, readable: false, writable: true })
    const { send } = peerOver(writable, { ...limits, helloMs: never })
    const end = () => {
      for (const stream of [readable, writable]) stream.destroy()
    }
    return { client: { ...peerOver(readable, limits), send }, end }
  } catch (cause) {
    throw new LockstepError('BOOK_LOGIN', 'lockstep-broker is started by sshd, for a client', { cause })
  }
}

function failed(error: unknown): ExitCode {
  const ours = error instanceof LockstepError ? error : new LockstepError('BOOK_LOGIN', String(error))
  say(strangersPart(ours))
  return exitCodeOf(ours.code)
}

/** What is wrong on the host's side is in the log, and no business of the client's. */
const strangersPart = ({ code, message }: LockstepError) =>
  code.startsWith('WIRE_') || code.startsWith('USAGE_') ? message : `the endpoint cannot serve you now [${code}]`

const say = (text: string) => process.stderr.write(`lockstep-broker: ${text}\n`)
