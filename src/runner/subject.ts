import type { Play } from '../playbook/play.ts'
import { phasesOf } from './phases-of.ts'
import type { Subject } from './record.ts'

/** What a run of a play is about. */
export const subjectOf = (play: Play): Subject => ({
  name: play.name,
  file: play.file,
  resolved: play.resolved,
  phases: phasesOf(play),
  hosts: play.hosts.map(host => host.name),
  flows: play.flows.map(flow => ({ name: flow.name, from: flow.from, to: flow.to, tool: flow.tool })),
  ...(play.withoutSync && play.sync === undefined ? { clocks: 'not watched' as const } : {}),
})
