import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { examplesOf, explainLimits, testLimits } from '../../src/daemon/explain-limits.ts'
import { problemsOf } from '../../src/errors/error.ts'
import { limitsText } from '../fixtures/limits-file.ts'
import { refusal } from '../fixtures/processes.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('daemon/explain-limits')

const iperf = 'kind: throughput, profile: iperf3, interface: eth1, to: 192.0.2.9'

const withFiles = (spec: string, use: (limits: string, file: string) => Promise<void>) =>
  withFolder(async folder => {
    const [limits, file] = [join(folder, 'limits.yml'), join(folder, 'spec.yml')]
    await writeFile(limits, limitsText)
    await writeFile(file, spec)
    await use(limits, file)
  })

const rowOf = (line: number) => limitsText.split('\n')[line - 1] ?? ''

test('each check is said with what is asked, what is allowed, by which class and line; the first that fails decides', () =>
  withFiles(
    `{ as: alice, address: 192.0.2.4, ${iperf}, duration: 70s, options: { time: 60s, bitrate: 1G } }\n`,
    async (limits, file) => {
      const text = await explainLimits(limits, file, undefined)
      assert.match(text, /^alice is in class members, .*limits\.yml:\d+:\d+\n/)
      assert.match(text, /\nok {4}kinds: asked throughput, allowed \["throughput","latency"\], by members, /)
      const [, line = ''] =
        /\nFAIL {2}duration: asked 70000000, allowed 60000000, by members, .*?:(\d+):/.exec(text) ?? []
      assert.match(rowOf(Number(line)), /duration: 60s/)
      assert.match(text, /\nok {4}bandwidth: asked 1000000000, allowed 9000000000, by a grant, /)
      assert.match(text, /\n {6}pending: at most 5, by members, as the book then stands\n/)
      assert.match(text, /\nLIMIT duration\n$/)
      assert.match(await explainLimits(limits, file, 'nobody'), /^nobody is in class closed.*\nCLASS_DENIED/)
    },
  ))

test('examples come out as they say, or that is said of each', () =>
  withFiles(
    `- { as: alice, address: 192.0.2.4, ${iperf}, duration: 10s, options: { time: 10s, bitrate: 1G }, expect: allowed }
- { as: alice, address: 198.51.100.4, ${iperf}, duration: 10s, options: { time: 10s }, expect: CLASS_DENIED }
- { as: alice, address: 192.0.2.4, ${iperf}, duration: 70s, options: { time: 10s, bitrate: 1G }, expect: LIMIT duration }
- { as: alice, address: 192.0.2.4, ${iperf}, duration: 10s, options: { time: 10s, bitrate: 20G }, expect: allowed }
`,
    async (limits, file) => {
      const { text, failed } = await testLimits(limits, file)
      assert.is(failed, 1)
      assert.equal(text.trim().split('\n'), [
        'ok    1: alice, throughput: allowed',
        'ok    2: alice, throughput: CLASS_DENIED',
        'ok    3: alice, throughput: LIMIT duration',
        'FAIL  4: alice, throughput: LIMIT bandwidth, expected allowed',
      ])
    },
  ))

test('what is wrong with a case is said with its place', () =>
  withFiles('{ as: alice, kin: throughput, profile: iperf3, duration: ten }\n', async (limits, file) => {
    const problems = problemsOf(await refusal(explainLimits(limits, file, undefined)))
    assert.equal(
      problems.map(({ at, message, hint }) => [at?.column, message, hint]),
      [
        [1, "the key 'kind' is missing", undefined],
        [14, "there is no key 'kin' here", "did you mean 'kind'?"],
        [58, "duration: expected a duration such as 10s, got 'ten'", undefined],
      ],
    )
  }))

test('the examples stand beside the limits file', () => {
  assert.is(examplesOf('/etc/lockstep/limits.yml'), '/etc/lockstep/limits.examples.yml')
  assert.is(examplesOf('limits'), 'limits.examples.yml')
})

test.run()
