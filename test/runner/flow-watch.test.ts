import * as assert from 'uvu/assert'
import { AttemptVoid } from '../../src/runner/attempt-void.ts'
import type { BegunAttempt, FlowParts } from '../../src/runner/flow-parts.ts'
import { outputFile } from '../../src/runner/flow-programs.ts'
import { untilSent } from '../../src/runner/flow-watch.ts'
import type { HostSession } from '../../src/runner/host-session.ts'
import type { Processes } from '../../src/runner/processes.ts'
import type { TrafficTool } from '../../src/tools/traffic-tool.ts'
import { utc } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'
import { recordedOutputs } from '../fixtures/tool-outputs.ts'

const test = suite('runner/flow-watch')

/** How a process ends, `undefined` by a signal; `never`: it goes on. */
type End = { readonly code: number | undefined } | 'never'

interface Case {
  readonly what: string
  /** Whose words stand in the sender's file. */
  readonly recorded: string
  readonly sender: End
  readonly receiver?: End
  /** Since the common start. */
  readonly sinceMs: number
  /** Undefined: the flow has come to its end. */
  readonly told?: RegExp
}

const cases: readonly Case[] = [
  { what: 'a whole test', recorded: 'iperf3-tcp', sender: { code: 0 }, receiver: { code: 0 }, sinceMs: 2_000 },
  {
    what: 'a receiver that ends by itself before its sender',
    ...{ recorded: 'ping', sender: { code: 0 }, receiver: { code: 0 }, sinceMs: 1_000 },
  },
  {
    what: 'a status that is not 0 behind words that are whole',
    ...{ recorded: 'ping-nobody', sender: { code: 1 }, sinceMs: 1_000 },
  },
  {
    what: 'a failure with the status of success, long before the end',
    ...{ recorded: 'iperf3-refused', sender: { code: 0 }, receiver: 'never', sinceMs: 10 },
    told: /^f: iperf3 says: unable to connect to server: Connection refused$/,
  },
  {
    what: 'a sender that was killed',
    ...{ recorded: 'ping-killed', sender: { code: undefined }, sinceMs: 100 },
    told: /^f: ping was ended by a signal/,
  },
  {
    what: 'a receiver that was killed',
    ...{ recorded: 'iperf3-tcp', sender: 'never', receiver: { code: undefined }, sinceMs: 100 },
    told: /^rcv-f on C was ended by a signal$/,
  },
  {
    what: 'a receiver that failed',
    ...{ recorded: 'iperf3-tcp', sender: 'never', receiver: { code: 1 }, sinceMs: 100 },
    told: /^rcv-f on C ended with exit status 1$/,
  },
  {
    what: 'a sender that hangs',
    ...{ recorded: 'iperf3-tcp', sender: 'never', receiver: 'never', sinceMs: 1_000_000 },
    told: /^sender f on A was still there \d+ s after its start, and was ended$/,
  },
]

for (const each of cases)
  test(`${each.what} ${each.told === undefined ? 'is a good end' : 'makes the attempt void at once'}`, async () => {
    const reasons: string[] = []
    const over = watched(each, reasons)
    if (each.told === undefined) return assert.is(await over, undefined)
    const error = await over.then(
      () => undefined,
      (cause: unknown) => cause,
    )
    assert.instance(error, AttemptVoid)
    assert.is(reasons.length, 1)
    assert.match(reasons[0] ?? '', each.told)
  })

test('two flows that fail together are told together', async () => {
  const reasons: string[] = []
  const [first, second] = cases.filter(({ sender }) => sender === 'never')
  const both = [first as Case, second as Case].map(each => watched(each, reasons))
  await Promise.allSettled(both)
  const error = await both[0]?.catch((cause: unknown) => cause)
  assert.equal((error as AttemptVoid).reasons, [
    'rcv-f on C was ended by a signal',
    'rcv-f on C ended with exit status 1',
  ])
})

async function watched({ recorded, sender, receiver, sinceMs }: Case, reasons: string[]): Promise<void> {
  const found = recordedOutputs().find(({ name }) => name === recorded)
  if (found === undefined) throw new Error(`nothing is recorded of ${recorded}`)
  const { tool, options, outputs } = found
  const startedAt = utc(1_000_000_000n)
  const attempt: BegunAttempt = {
    site: {
      sender: options,
      receiver: {},
      to: '10.0.0.3',
      from: '10.0.0.1',
      device: 'eth0',
      ports: [5201, 5301],
      folder: '/r',
      startAt: undefined,
      inStep: true,
    },
    hasReceiver: receiver !== undefined,
    isHeld: true,
    start: { due: startedAt, atMs: performance.now() - sinceMs },
  }
  const running = processesThatEnd({ 'snd-f': sender, 'rcv-f': receiver ?? 'never' })
  const parts = partsWith(
    tool,
    options,
    outputs.sender.stdout,
    `@launcher released ${startedAt}\n${outputs.sender.stderr}`,
  )
  const until = new AbortController()
  try {
    await untilSent(parts, attempt, running, { until: until.signal, reasons })
  } finally {
    until.abort(new AttemptVoid(['the attempt is over']))
  }
}

function processesThatEnd(ends: Readonly<Record<string, End>>): Processes {
  const untilEnded: Processes['untilEnded'] = (_, name, signal) => {
    const end = ends[name] ?? 'never'
    if (end !== 'never') return Promise.resolve(end.code)
    return new Promise((_resolve, reject) => {
      if (signal.aborted) reject(signal.reason)
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }
  return { untilEnded } as Processes
}

const names = { name: 'f', senderName: 'f', receiverName: 'f' }

/** The sending host answers for its files as `cat` of a run does: each behind a line with its length. */
function partsWith(tool: TrafficTool, sender: FlowParts['flow']['sender'], stdout: string, stderr: string): FlowParts {
  const contents = new Map([
    [outputFile('/r', names, 'sender'), stdout],
    ['/r/snd-f.log', stderr],
  ])
  const answer = (argv: readonly string[]) =>
    argv
      .filter(word => word.startsWith('/r/'))
      .map(file => contents.get(file) ?? '')
      .map(text => `${Buffer.byteLength(text)}\n${text}`)
      .join('')
  const host = (name: string) => {
    const exec = async (argv: readonly string[]) => ({
      code: 0,
      stdout: Buffer.from(answer(argv)),
      stderr: Buffer.alloc(0),
    })
    return { name, folder: '/r', ask: exec } as unknown as HostSession
  }
  const flow = { ...names, from: 'A', to: 'C', sender } as unknown as FlowParts['flow']
  return { flow, tool, from: host('A'), to: host('C'), sharesReceiver: false, inStep: true }
}

test.run()
