import { LockstepError, problemsOf } from '../errors/error.ts'
import { hostRecord } from './host-record.ts'
import type { HostSession } from './host-session.ts'
import { within } from './patience.ts'
import type { RunRecord } from './record.ts'

/** Longer than anything that the end of a session waits for by itself: the tether alone may take a minute. */
const cleanupMs = 120_000

/** Ends everything of ours on every host, also when a host fails at it, and keeps what each host is like afterwards. */
export async function cleanUp(sessions: ReadonlyMap<string, HostSession>, record: RunRecord): Promise<void> {
  await Promise.all([...sessions.values()].map(session => cleanUpHost(session, record)))
}

async function cleanUpHost(session: HostSession, record: RunRecord): Promise<void> {
  const { name } = session
  try {
    const { stopped, left, after } = await within(cleanupMs, `cleaning up ${name}`, session.end())
    if (after !== undefined)
      await record.folder.writeJsonBeside(`hosts/${name}.json`, { ...hostRecord(session), after })
    record.emit({ kind: 'cleanup_done', host: name, stopped: stopped.length, left })
    if (left.length > 0)
      record.fail(new LockstepError('STEP_LEFT', `could not take back on ${name}: ${left.join(', ')}`))
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    const reason = problemsOf(error)
      .map(({ message }) => message)
      .join('; ')
    record.emit({
      kind: 'warning',
      host: name,
      message: `not cleaned up by us: ${reason}`,
      hint: 'its tether ends everything of ours within 10 s by itself',
    })
    record.fail(error)
    await session.connection.close()
  }
}
