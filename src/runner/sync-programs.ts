import type { PlayHost, SyncSetup } from '../playbook/play.ts'
import { defaultUnixDomainSocket } from '../tools/isochron.ts'
import type { ProcessSpec } from './process-spec.ts'

/** How long ptp4l may take to open its ports; it says so by leaving INITIALIZING. */
const ptp4lReadyMs = 10_000

/**
 * ptp4l and phc2sys of one host, in the order of their start. To the user's options come only the interface, `-m` (words go
 * to the log) and a socket of the run's own: at the default address ours would take another ptp4l's socket away for good.
 */
export function syncPrograms(
  sync: SyncSetup,
  host: Pick<PlayHost, 'interface'>,
  folder: string,
  ptp4lVersion?: string | undefined,
): ProcessSpec[] {
  const specs: ProcessSpec[] = []
  const readOnly = hasReadOnlySocket(ptp4lVersion) ? readOnlySocket(folder) : []
  if (sync.ptp4l !== undefined) {
    specs.push({
      name: 'ptp4l',
      argv: [
        'ptp4l',
        '-i',
        host.interface,
        ...sync.ptp4l,
        '-m',
        '--uds_address',
        ptp4lSocket(sync, folder),
        ...readOnly,
      ],
      ready: { kind: 'log', pattern: /port 1\b.*INITIALIZING to (?!FAULTY)/ },
      readyWithinMs: ptp4lReadyMs,
    })
  }
  if (sync.phc2sys !== undefined) {
    specs.push({
      name: 'phc2sys',
      argv: ['phc2sys', ...sync.phc2sys, '-m', ...(sync.ptp4l === undefined ? [] : ['-z', ptp4lSocket(sync, folder)])],
      // Without a locked ptp4l it has nothing to say; the gate sees what comes of it.
      ready: { kind: 'lasting', forMs: 100 },
      readyWithinMs: ptp4lReadyMs,
      // Its end of the conversation with ptp4l.
      litter: '/var/run/phc2sys.',
    })
  }
  return specs
}

/** Where ptp4l answers management messages: the run's own, or linuxptp's default when the run starts none. */
export const ptp4lSocket = (sync: SyncSetup | undefined, folder: string): string =>
  sync?.ptp4l === undefined ? defaultUnixDomainSocket : `${folder}/ptp4l`

/** linuxptp 4 opened a second, read-only socket, which would be taken away from another ptp4l just the same. */
export const readOnlySocket = (folder: string): readonly string[] => ['--uds_ro_address', `${folder}/ptp4lro`]

const hasReadOnlySocket = (version: string | undefined): boolean => Number.parseInt(version ?? '', 10) >= 4
