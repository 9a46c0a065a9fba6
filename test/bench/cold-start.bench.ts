import { timed } from './program.ts'
import { type Extent, inSeconds, inTimes, type Row } from './row.ts'

/** The goal is 1.5; what is asserted leaves room for a machine with other work. */
const goal = 1.5
const limit = 2

/** `lockstep --version` beside an empty node process: the least of many runs each, taken in turns. */
export async function bench({ short }: Extent): Promise<readonly Row[]> {
  const [empty, ours]: [number[], number[]] = [[], []]
  for (let round = 0; round < (short ? 15 : 40); round++) {
    empty.push(await timed([process.execPath, '-e', '0']))
    ours.push(await timed([process.execPath, 'bin/lockstep.js', '--version']))
  }
  const [least, leastOfOurs] = [Math.min(...empty), Math.min(...ours)]
  const ratio = leastOfOurs / least
  return [
    { what: 'node -e 0', measured: inSeconds(least) },
    {
      what: 'lockstep --version',
      measured: `${inSeconds(leastOfOurs)}, ${inTimes(ratio)} that`,
      goal: `at most ${goal} times`,
      asserted: { text: `at most ${limit} times`, met: ratio <= limit },
    },
  ]
}
