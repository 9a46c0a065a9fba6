/** What tcpdump has counted; undefined what it did not say, as after a KILL. */
export interface CaptureCounts {
  /** Packets that it has seen, also those beyond the bound of the file. */
  readonly captured: number | undefined
  /** Packets that passed the filter and found the kernel's buffer full. */
  readonly dropped: number | undefined
  /** Packets that the card or its driver lost; tcpdump says it only where there are some. */
  readonly droppedByInterface: number | undefined
}

/** Reads the last lines of tcpdump: `40 packets captured`, `1 packet dropped by kernel`. */
export function readCounts(log: string): CaptureCounts {
  const count = (what: string) => {
    const found = new RegExp(`^(\\d+) packets? ${what}$`, 'm').exec(log)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  return {
    captured: count('captured'),
    dropped: count('dropped by kernel'),
    droppedByInterface: count('dropped by interface'),
  }
}

/** How a tcpdump ended that nobody has stopped. */
export function captureEnding(log: string): string {
  const code = endOf(log)
  if (code === undefined) return 'tcpdump was ended with all that belongs to it'
  return code > 128 ? `tcpdump was ended by signal ${code - 128}` : `tcpdump ended with exit status ${code}`
}

/** Why the file of a tcpdump that was stopped is not whole; undefined when it is. */
export function captureFault(log: string): string | undefined {
  if (!/^@capture unwritten$/m.test(log)) return endOf(log) === 0 ? undefined : captureEnding(log)
  const reason = /^head: .*: (.*)$/m.exec(log)?.[1]
  return `its file could not be written${reason === undefined ? '' : `: ${reason}`}`
}

/** Exit status, as a shell has it: 128 and the number of a signal. Undefined: nobody was left to say it. */
function endOf(log: string): number | undefined {
  const code = /^@capture ended (\d+)$/m.exec(log)?.[1]
  return code === undefined ? undefined : Number(code)
}

/** What tcpdump complained of, in its own words. */
export const complaints = (text: string): readonly string[] =>
  [...text.matchAll(/^tcpdump: (?!listening on|data link type|WARNING|Warning)(.*)$/gm)].map(match => match[1] ?? '')

/** The names of time stamp types that `tcpdump -J` lists; every interface has those of the kernel. */
export const readTimestamps = (text: string): ReadonlySet<string> =>
  new Set(['host', ...[...text.matchAll(/^ {2}(\w+) \(/gm)].map(match => match[1] ?? '')])
