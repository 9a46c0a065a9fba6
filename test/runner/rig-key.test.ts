import * as assert from 'uvu/assert'
import { loadPlaybook } from '../../src/playbook/load-experiment.ts'
import { rigKey } from '../../src/runner/rig-key.ts'
import { stepLanguage } from '../../src/steps/language.ts'
import { isochronDescription } from '../../src/tools/isochron-options.ts'
import { good } from '../fixtures/playbooks.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/rig-key')

/** How many times the hosts have to be brought up for these configurations. */
function ways(matrix: string, more = ''): number {
  const text = `${good}${more}matrix: ${matrix}\n`
  const input = { file: 'p.yml', text, binds: new Map(), env: {}, tools: [isochronDescription], steps: stepLanguage }
  const { experiment } = loadPlaybook(input)
  return new Set(experiment?.configurations.map(each => rigKey(experiment.playOf(each), each))).size
}

const setup = 'setup:\n  - run: echo {{ frames }}\n'

/** A matrix of two values; whether hosts that stand for the one stand for the other. */
const cases: readonly (readonly [string, string, string, number])[] = [
  ['an option of a tool', '{isochron.frame-size: [64, 1500]}', '', 1],
  ['a flow', '{flows.a.to: [B, C]}', '', 1],
  ['the gate', '{sync.gate.offset: [100ns, 200ns]}', '', 1],
  ['a variable without steps', '{vars.frames: [1, 2]}', '', 1],
  ['a variable where there are steps', '{vars.frames: [1, 2]}', setup, 2],
  ['an option of a tool where there are steps', '{isochron.frame-size: [64, 1500]}', setup, 1],
  ['a step', '{"setup[0].run": [echo 1, echo 2]}', setup, 2],
  ['an address', '{hosts.A: [root@10.0.0.1, root@10.0.0.9]}', '', 2],
  ['the interface', '{vars.interface: [eth0, eth1]}', '', 2],
  ['an option of ptp4l', '{sync.ptp4l: ["-2", "-2 -P"]}', '', 2],
]

for (const [what, matrix, more, expected] of cases)
  test(`${what} ${expected === 1 ? 'leaves the hosts as they stand' : 'brings the hosts up anew'}`, () => {
    assert.is(ways(matrix, more), expected)
  })

test.run()
