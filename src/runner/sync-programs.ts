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
  if (sync.ptp4l !== undefined) {
    specs.push({
      name: 'ptp4l',
      argv: ['ptp4l', '-i', host.interface, ...sync.ptp4l, '-m', ...ownSockets(sync.ptp4l, folder, ptp4lVersion)],
      ready: { kind: 'log', pattern: /port 1\b.*INITIALIZING to (?!FAULTY)/ },
      readyWithinMs: ptp4lReadyMs,
    })
  }
  if (sync.phc2sys !== undefined) {
    specs.push({
      name: 'phc2sys',
      argv: ['phc2sys', ...sync.phc2sys, '-m', ...(sync.ptp4l === undefined ? [] : ['-z', ptp4lSocket(sync, folder)])],
      // Without a locked ptp4l it has nothing to say; the gate sees what comes of it.
      ready: { kind: 'started' },
      readyWithinMs: ptp4lReadyMs,
    })
  }
  return specs
}

/** Where ptp4l answers management messages: the run's own, the user's, or linuxptp's default when the run starts none. */
export function ptp4lSocket(sync: SyncSetup | undefined, folder: string): string {
  if (sync?.ptp4l === undefined) return defaultUnixDomainSocket
  return userSocket(sync.ptp4l) ?? `${folder}/ptp4l`
}

/** linuxptp 4 opened a second, read-only socket, which would be taken away from another ptp4l just the same. */
function ownSockets(options: readonly string[], folder: string, version: string | undefined): string[] {
  const readOnly = Number.parseInt(version ?? '', 10) >= 4 && !names(options, '--uds_ro_address')
  return [
    ...(names(options, '--uds_address') ? [] : ['--uds_address', `${folder}/ptp4l`]),
    ...(readOnly ? ['--uds_ro_address', `${folder}/ptp4lro`] : []),
  ]
}

const names = (options: readonly string[], option: string): boolean =>
  options.some(word => word === option || word.startsWith(`${option}=`))

function userSocket(options: readonly string[]): string | undefined {
  const at = options.findIndex(word => word === '--uds_address' || word.startsWith('--uds_address='))
  if (at < 0) return undefined
  const word = options[at] ?? ''
  return word.includes('=') ? word.slice(word.indexOf('=') + 1) : options[at + 1]
}
