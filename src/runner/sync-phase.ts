import type { Play } from '../playbook/play.ts'
import type { HostSession } from './host-session.ts'
import { allOf } from './patience.ts'
import type { Processes } from './processes.ts'
import type { FlowLogs } from './rig-needs.ts'
import { syncPrograms } from './sync-programs.ts'

/** Starts ptp4l and then phc2sys on every host, all hosts at once. The logs of the whole run are followed from here on. */
export async function startSync(
  play: Play,
  sessions: ReadonlyMap<string, HostSession>,
  running: Processes,
  flowLogs: FlowLogs,
): Promise<void> {
  await allOf(
    [...sessions.values()].map(async session => {
      const programs =
        play.sync === undefined
          ? []
          : syncPrograms(play.sync, session, session.folder, session.facts.versions?.['ptp4l'])
      await session.follow([...programs.map(({ name }) => name), ...(flowLogs.get(session.name) ?? [])])
      for (const program of programs) await running.start(session, program)
    }),
  )
}
