import * as assert from 'uvu/assert'
import type { Flow, Play } from '../../src/playbook/play.ts'
import { chooseTools } from '../../src/runner/flow-tools.ts'
import type { HostSession } from '../../src/runner/host-session.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/flow-tools')

const choice = (tool: string) => ({ tool, sender: { mark: tool }, receiver: {} })

function chosen(tools: readonly string[], programs: Readonly<Record<'A' | 'B', readonly string[]>>) {
  const [first = '', ...others] = tools
  const flow = { name: 'f', from: 'A', to: 'B', ...choice(first), otherwise: others.map(choice) } as unknown as Flow
  const sessions = new Map(
    Object.entries(programs).map(([name, has]) => [
      name,
      { facts: { programs: new Map(has.map(each => [each, `/usr/bin/${each}`])) } } as unknown as HostSession,
    ]),
  )
  const { play, problems } = chooseTools({ flows: [flow] } as unknown as Play, sessions)
  const [result] = play.flows
  return problems.length > 0
    ? problems.map(({ message, hint }) => `${message}: ${hint}`)
    : [result?.tool, result?.sender['mark']]
}

test('of several tools the first that both ends have is taken, with its own options', () => {
  const wanted = ['iperf3', 'iperf', 'nuttcp']
  assert.equal(chosen(wanted, { A: ['iperf3', 'iperf'], B: ['iperf', 'nuttcp'] }), ['iperf', 'iperf'])
  assert.equal(chosen(wanted, { A: ['iperf3', 'iperf'], B: ['iperf', 'iperf3'] }), ['iperf3', 'iperf3'])
})

test('when there is none, everything that is missing is told with its package', () => {
  assert.equal(chosen(['iperf3', 'nuttcp'], { A: ['iperf3'], B: [] }), [
    'B has no iperf3: on Debian: apt-get install iperf3',
    'A has no nuttcp: on Debian: apt-get install nuttcp',
    'B has no nuttcp: on Debian: apt-get install nuttcp',
  ])
})

test('a tool whose far end is the network stack needs no program there; isochron needs its own at both', () => {
  assert.equal(chosen(['ping'], { A: ['ping'], B: [] }), ['ping', 'ping'])
  assert.equal(chosen(['isochron'], { A: ['isochron'], B: [] }), [
    'B has no isochron: on Debian: apt-get install isochron',
  ])
})

test.run()
