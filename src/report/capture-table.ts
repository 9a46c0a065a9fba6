import type { CaptureResult } from '../runner/result.ts'

/** What tcpdump recorded on each host, for a table; a dash was not said. */
export interface CaptureRow {
  /** Relative to the run folder. */
  readonly file: string | undefined
  /** Host, interface, packets, octets, dropped, who stamped the packets: below `captureHeadings`. */
  readonly cells: readonly string[]
  /** What is not in the file, and why; empty when nothing is missing. */
  readonly note: string
}

export const captureHeadings = ['capture', 'at', 'packets', 'octets', 'dropped', 'timestamps'] as const
/** The columns that hold words. */
export const captureWords: ReadonlySet<number> = new Set([0, 1, 5])

export const captureRows = (captures: readonly CaptureResult[]): readonly CaptureRow[] =>
  captures.map(capture => {
    const { host, interface: device, packets, octets, dropped, timestamps, file } = capture
    const cells = [host, device, ...[packets, octets, dropped].map(count => String(count ?? '-')), timestamps]
    return { file, cells, note: noteOf(capture) }
  })

function noteOf({ full, captured, packets, fault, droppedByInterface = 0 }: CaptureResult): string {
  const beyond = captured === undefined ? '' : `: ${captured - packets} of ${captured} packets are not in it`
  return [
    droppedByInterface === 0 ? '' : `${droppedByInterface} more dropped by the interface`,
    full ? `cut by its bound${beyond}` : '',
    fault ?? '',
  ]
    .filter(part => part !== '')
    .join('; ')
}
