import type { Play } from '../playbook/play.ts'
import { flowReceiverProcess, senderProcess } from './flow-programs.ts'
import { isIsochron } from './flow-tools.ts'
import type { HostSession } from './host-session.ts'
import { daemonProcess, receiverProcess } from './isochron-programs.ts'
import { allOf } from './patience.ts'
import type { Processes } from './processes.ts'
import { syncPrograms } from './sync-programs.ts'

/** Starts ptp4l and then phc2sys on every host, all hosts at once. The logs of the whole run are followed from here on. */
export async function startSync(
  play: Play,
  sessions: ReadonlyMap<string, HostSession>,
  running: Processes,
): Promise<void> {
  await allOf(
    [...sessions.values()].map(async session => {
      const programs =
        play.sync === undefined
          ? []
          : syncPrograms(play.sync, session, session.folder, session.facts.versions?.['ptp4l'])
      await session.follow([...programs.map(({ name }) => name), ...flowProcesses(play, session.name)])
      for (const program of programs) await running.start(session, program)
    }),
  )
}

function flowProcesses({ flows }: Play, host: string): string[] {
  const [ours, others] = [flows.filter(isIsochron), flows.filter(flow => !isIsochron(flow))]
  const names = [
    ...ours.filter(({ to }) => to === host).map(receiverProcess),
    ...ours.filter(({ from }) => from === host).map(daemonProcess),
    ...others.filter(({ to }) => to === host).map(flowReceiverProcess),
    ...others.filter(({ from }) => from === host).map(senderProcess),
  ]
  return [...new Set(names)]
}
