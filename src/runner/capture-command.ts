import type { Capture, Timestamps } from '../playbook/capture.ts'
import type { ProcessSpec } from './process-spec.ts'

/** Where one recording of a host goes. */
export interface CaptureSite {
  readonly folder: string
  /** Counted through the run: an attempt that does not count has a recording of its own. */
  readonly number: number
  /** Undefined: not known yet, as in a plan. */
  readonly timestamps: Timestamps | undefined
}

/** tcpdump opens its socket within milliseconds; a busy host may take longer. */
const readyMs = 10_000

export const captureProcess = (number: number) => (number === 1 ? 'capture' : `capture-${number}`)
export const captureFile = ({ folder, number }: CaptureSite) => `${folder}/${captureProcess(number)}.pcap`
export const captureLog = ({ folder, number }: CaptureSite) => `${folder}/${captureProcess(number)}.log`

export function captureSpec(capture: Capture, site: CaptureSite): ProcessSpec {
  const argv = tcpdumpCommand(capture, site.timestamps ?? capture.timestamps)
  return {
    name: captureProcess(site.number),
    argv: ['sh', '-c', bounded, 'lockstep-capture', String(capture.size), captureFile(site), ...argv],
    shown: argv,
    ready: { kind: 'command', argv: ['grep', '-q', 'listening on', captureLog(site)] },
    readyWithinMs: readyMs,
    finite: true,
  }
}

/** The kernel's own stamps are the default, and the only ones that every libpcap knows by name. */
export const tcpdumpCommand = ({ interface: device, filter, snaplen }: Capture, timestamps: Timestamps | undefined) => [
  ...['tcpdump', '-i', device, '-U', '--time-stamp-precision=nano'],
  ...(timestamps === undefined || timestamps === 'host' ? [] : ['-j', timestamps]),
  ...(snaplen === undefined ? [] : ['-s', String(snaplen)]),
  ...['-w', '-'],
  ...(filter === undefined ? [] : ['--', filter]),
]

/**
 * Words: LIMIT FILE COMMAND…. Keeps the beginning of what the command prints and lets the rest go by, so that its counts are
 * those of the whole test. tcpdump alone obeys a TERM to all of them; the others end when they have written what it left.
 * No shell may die of that TERM: the others would say so in the middle of a line of tcpdump.
 * It has pipes at both its outputs: a tcpdump that AppArmor confines may write to no file of ours, nor may one that has
 * become the user tcpdump.
 */
const bounded = `limit=$1 file=$2
shift 2
trap : HUP INT TERM
umask 077
{
  trap : HUP INT TERM
  {
    trap : HUP INT TERM
    "$@" 2>&1 >&3 3>&-
    echo "@capture ended $?"
  } | (
    trap '' HUP INT TERM
    exec cat >&2 3>&-
  )
} 3>&1 | (
  trap '' HUP INT TERM
  head -c "$limit" >"$file" || echo '@capture unwritten' >&2
  exec cat >/dev/null
)`
