import { LockstepError } from '../errors/error.ts'
import type { Capture, Timestamps } from '../playbook/capture.ts'
import type { Play } from '../playbook/play.ts'
import type { ExecResult } from '../transport/transport.ts'
import { complaints, readTimestamps } from './capture-words.ts'
import type { KnownHost } from './connect-phase.ts'

export type Ask = (argv: readonly string[]) => Promise<ExecResult>

/** Why the capture at a host cannot be made, before anything is started there. A host without tcpdump is told elsewhere. */
export async function captureProblems(play: Play, { name, facts }: KnownHost, ask: Ask): Promise<LockstepError[]> {
  const capture = play.captures.find(({ host }) => host === name)
  if (capture === undefined || !facts.programs?.has('tcpdump')) return []
  // That its own interface is missing is told of every host.
  const own = play.hosts.find(host => host.name === name)?.interface
  if (capture.interface === own && facts.interfaceState === undefined) return []
  const problem = await problemOf(capture, ask)
  return problem === undefined ? [] : [problem]
}

async function problemOf(capture: Capture, ask: Ask): Promise<LockstepError | undefined> {
  const { host, interface: device, filter, timestamps, at } = capture
  const { offered, fault, filterFault } = await lookAt(capture, ask)
  if (fault !== undefined)
    return new LockstepError('HOST_INTERFACE', `tcpdump cannot capture at ${device} of ${host}: ${fault}`, {
      hint: /permi/i.test(fault) ? 'it needs root: log in as root, or set ansible_become' : undefined,
      at,
    })
  if (filterFault !== undefined)
    return new LockstepError('PLAYBOOK_CAPTURE', `tcpdump on ${host} cannot compile '${filter}': ${filterFault}`, {
      hint: 'how filters are written stands in pcap-filter(7)',
      at,
    })
  if (timestamps === undefined || offered.has(timestamps)) return undefined
  const message = `${device} of ${host} offers no timestamps of the kind ${timestamps}`
  return new LockstepError('HOST_INTERFACE', message, { hint: `it offers: ${[...offered].join(', ')}`, at })
}

/** Whose timestamps a capture gets: what it asks for, else the best that can be had beside the system's clock. */
export async function chooseTimestamps(capture: Capture, ownInterface: string, ask: Ask): Promise<Timestamps> {
  if (capture.timestamps !== undefined) return capture.timestamps
  // Only the mode of the host's own interface is put back.
  if (capture.interface !== ownInterface) return 'host'
  const { offered } = await lookAt(capture, ask)
  return offered.has('adapter') ? 'adapter' : 'host'
}

interface Look {
  readonly offered: ReadonlySet<string>
  readonly fault: string | undefined
  readonly filterFault: string | undefined
}

/**
 * Words: INTERFACE FILTER. What -J lists; then what it says to opening the interface, and to the filter, each ended by its exit
 * status. -p: a look puts no card into promiscuous mode.
 */
const look = `PATH=$PATH:/usr/sbin:/sbin
tcpdump -J -i "$1" 2>&1
echo '@opens'
tcpdump -p -d -i "$1" 2>&1 >/dev/null
echo "@compiles $?"
tcpdump -p -d -i "$1" -- "$2" 2>&1 >/dev/null
echo "@done $?"`

async function lookAt({ interface: device, filter }: Capture, ask: Ask): Promise<Look> {
  const { stdout } = await ask(['sh', '-c', look, 'sh', device, filter ?? ''])
  const [listed = '', more = ''] = stdout.toString('utf8').split('@opens\n')
  const [, opening = '', opened, compiling = '', compiled] =
    /^(.*)@compiles (\d+)\n(.*)@done (\d+)\n$/s.exec(more) ?? []
  const faultIn = (text: string, code: string | undefined) =>
    code === '0' ? undefined : (complaints(text)[0] ?? `exit status ${code}`)
  return {
    offered: readTimestamps(listed),
    fault: faultIn(opening, opened),
    filterFault: faultIn(compiling, compiled),
  }
}
