import * as assert from 'uvu/assert'
import type { PlayHost } from '../../../src/playbook/play.ts'
import { type HostLook, watchClocks } from '../../../src/runner/watch/watch-clocks.ts'
import { orAborted } from '../../../src/transport/deadline.ts'
import type { ExecOptions, HostConnection, Transport } from '../../../src/transport/transport.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('runner/watch/watch-clocks')

// What a watch reads of a host: its name, its interface and how to connect.
const hosts = ['A', 'B'].map(name => ({ name, interface: 'eth0', connection: {} }) as unknown as PlayHost)

/** Hosts that say nothing of their clocks; B answers at its first look only. Nothing but `exec` and `close` is used of them. */
function silentAfterOnce(): Transport {
  let asked = 0
  const connection = (name: string) => ({
    name,
    lost: new AbortController().signal,
    exec: async (_: readonly string[], { signal }: ExecOptions) => {
      // Who keeps its clocks, and how they stand.
      if (name === 'B' && ++asked > 2) await orAborted(new Promise<never>(() => undefined), signal as AbortSignal)
      return { code: 0, signal: undefined, stdout: Buffer.from(''), stderr: Buffer.from('') }
    },
    close: async () => undefined,
  })
  return { connect: async ({ name }) => connection(name) as unknown as HostConnection }
}

test('a host that does not answer holds up the others once, and then no look of theirs', async () => {
  const ending = new AbortController()
  const told: { readonly atMs: number; readonly looks: readonly HostLook[] }[] = []
  await watchClocks(hosts, {
    transport: silentAfterOnce(),
    forks: 5,
    everyMs: 50,
    count: Number.POSITIVE_INFINITY,
    signal: ending.signal,
    told: looks => {
      told.push({ atMs: performance.now(), looks })
      if (told.length === 12) ending.abort('SIGINT')
    },
  })
  const [first, second, ...rest] = told
  assert.ok(first?.looks.every(look => 'rows' in look))
  for (const { looks } of [second, ...rest].filter(each => each !== undefined)) {
    const [a, b] = looks
    assert.ok(a !== undefined && 'rows' in a)
    assert.ok(b !== undefined && 'error' in b)
    assert.equal([b.error.code, b.error.message], ['SSH_TIMEOUT', 'B did not answer within 2 s'])
  }
  const tenLooksMs = (rest.at(-1)?.atMs ?? Number.POSITIVE_INFINITY) - (second?.atMs ?? 0)
  assert.ok(tenLooksMs < 2_000, `${tenLooksMs} ms`)
})

test.run()
