import { dirname, resolve } from 'node:path'
import { hostTransport } from './host-transport.ts'
import type { Io } from './io.ts'
import type { RunGround } from './run-experiment.ts'
import { whoAndWhere } from './who.ts'

/** More at once only wait for each other, and some for longer than their deadline: a handshake is work for us as well. */
const usualConnects = 16

/** What a run of a playbook needs of the command line, one test or many. */
export function runGround(
  io: Io,
  playbook: string,
  { forks = Number.POSITIVE_INFINITY, diff = false }: { forks?: number | undefined; diff?: boolean | undefined },
): RunGround {
  return {
    ...{ forks, diff, env: io.env },
    transport: hostTransport(io),
    connectAtOnce: Math.min(forks, usualConnects),
    workFolder: io.cwd,
    user: whoAndWhere(io),
    playbookFolder: dirname(resolve(io.cwd, playbook)),
  }
}
