import * as assert from 'uvu/assert'
import type { FlowParts } from '../../src/runner/flow-parts.ts'
import { untilReported } from '../../src/runner/flow-reported.ts'
import type { HostSession } from '../../src/runner/host-session.ts'
import { iperf } from '../../src/tools/iperf.ts'
import { utc } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/flow-reported')

const report = '[  1] 0.0000-1.0024 sec  655420 Bytes  5231067 bits/sec  8=1:0:1:2:0:1:0:3\n'
const ending = { due: utc(0n), senderCode: 0, receiver: { code: undefined } }
const signal = new AbortController().signal

/** Hosts on which every file says `[  1] …` once it was asked for so often. */
function flowThatReportsAfter(asks: number): { parts: FlowParts; asked: () => number } {
  let asked = 0
  const host = (name: string) => {
    const ask = async (argv: readonly string[]) => {
      if (name === 'C') asked += 1
      const text = name === 'A' || asked >= asks ? report : ''
      const answer = argv.filter(word => word.startsWith('/r/')).map(() => `${text.length}\n${text}`)
      return { code: 0, signal: undefined, stdout: Buffer.from(answer.join('')), stderr: Buffer.alloc(0) }
    }
    return { name, folder: '/r', ask } as unknown as HostSession
  }
  const flow = { name: 'f', from: 'A', to: 'C', receiverName: 'f', sender: { time: 1_000_000_000n } }
  const parts = { flow, tool: iperf, from: host('A'), to: host('C') } as unknown as FlowParts
  return { parts, asked: () => asked }
}

test('a receiver that has printed its results is asked once', async () => {
  const { parts, asked } = flowThatReportsAfter(1)
  await untilReported(parts, ending, 5_000, signal)
  assert.is(asked(), 1)
})

test('results that come later are waited for', async () => {
  const { parts, asked } = flowThatReportsAfter(3)
  await untilReported(parts, ending, 5_000, signal)
  assert.is(asked(), 3)
})

test('results that never come are not waited for for ever', async () => {
  const { parts, asked } = flowThatReportsAfter(Number.POSITIVE_INFINITY)
  await untilReported(parts, ending, 50, signal)
  assert.ok(asked() > 1)
})

test.run()
