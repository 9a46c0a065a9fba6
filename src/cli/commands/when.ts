import { type Endpoint, reachEndpoints } from '../../client/endpoint.ts'
import { endsOf } from '../../client/ends.ts'
import { freeStarts } from '../../client/free-starts.ts'
import { hasReceiver, testOrder } from '../../client/test-order.ts'
import { type ExitCode, exit } from '../../errors/codes.ts'
import { LockstepError } from '../../errors/error.ts'
import type { Play, PlayHost } from '../../playbook/play.ts'
import { targetOf } from '../../runner/reserved/reach.ts'
import { defineCommand } from '../define-command.ts'
import { hostTransport } from '../host-transport.ts'
import type { Io } from '../io.ts'
import { playOfTest, type TestOptions, testOptions } from '../test-options.ts'
import { writeAll } from '../write-all.ts'

interface Options extends TestOptions {
  readonly json?: true
}

/** `lockstep when TOOL --from A --to B`: when this could run on shared hosts; nothing is reserved by asking. */
export const when = defineCommand({
  configure(command, action) {
    testOptions(command)
      .option('--json', 'one object with the free starts, us since 1970 UTC')
      .action(
        action(async (io, name: string, given: string[], options: Options) => {
          const play = await playOfTest(name, given, { ...options, reserve: true }, io)
          return look(play, options, io)
        }),
      )
  },
})

async function look({ flows, hosts, reserve }: Play, { json }: Options, io: Io): Promise<ExitCode> {
  const [flow] = flows
  if (flow === undefined || reserve === undefined) throw new TypeError('a test has one flow, and its time is reserved')
  const hostOf = (name: string) => hosts.find(host => host.name === name) as PlayHost // flows are between hosts of the play
  const [from, to] = [hostOf(flow.from), hostOf(flow.to)]
  const asked = hasReceiver(flow.tool) ? [from, to] : [from]
  const endpoints = await reachEndpoints(asked.map(targetOf), hostTransport(io), io.interrupted)
  try {
    const [first, second] = endpoints as readonly [Endpoint, Endpoint?]
    const ends = await endsOf(flow, { from, to }, { from: first, to: second })
    const order = testOrder(flow, ends, reserve)
    const found = await freeStarts(order)
    await writeAll(io.stdout, [json ? `${JSON.stringify(found)}\n` : inWords(found, order.duration)])
    if (found.ranges.length > 0) return exit.ok
    throw new LockstepError('BOOK_REFUSED', 'there is no room in the time that was asked for [BUSY]', {
      hint: found.next === undefined ? undefined : `there is at ${timeOf(found.next)}: see --latest`,
    })
  } finally {
    await Promise.all(endpoints.map(endpoint => endpoint.close()))
  }
}

const mostShown = 20

function inWords({ ranges }: Awaited<ReturnType<typeof freeStarts>>, duration: number): string {
  const shown = ranges.slice(0, mostShown).map(({ from, to }) => `from ${timeOf(from)} to ${timeOf(to - 1)}\n`)
  const more = ranges.length > mostShown ? [`and ${ranges.length - mostShown} more\n`] : []
  return ranges.length === 0 ? '' : [`${duration / 1e6}s may start\n`, ...shown, ...more].join('')
}

const timeOf = (us: number) => new Date(us / 1_000).toISOString()
