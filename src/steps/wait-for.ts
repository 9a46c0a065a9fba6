import type { WaitCondition } from '../playbook/step.ts'
import { type Given, stepKind } from '../playbook/step-kind.ts'
import { ms } from '../units/quantity.ts'

const params = {
  port: { kind: 'port' },
  address: { kind: 'text' },
  file: { kind: 'text' },
  absent: { kind: 'flag' },
  log: { kind: 'text' },
  line: { kind: 'pattern' },
  command: { kind: 'command' },
  every: { kind: 'interval' },
} as const

/** What can be waited for, each with the parameters that go with it. */
const conditions: Readonly<Record<string, readonly string[]>> = {
  port: ['address'],
  file: ['absent'],
  log: ['line'],
  command: [],
}

/** Looks again and again until something is there; the step's timeout is the deadline. */
export const waitFor = stepKind({
  name: 'wait_for',
  bare: 'port',
  params,
  modifiers: ['for', 'optional', 'become', 'timeout', 'as'],
  fault: names => {
    const wanted = Object.keys(conditions).filter(name => names.has(name))
    const [first, second] = wanted
    if (first === undefined) return { message: 'wait_for needs one of port, file, log and command' }
    if (second !== undefined) {
      return { message: `wait_for waits for one thing: it has '${first}' already`, param: second }
    }
    if (first === 'log' && !names.has('line'))
      return { message: "'log' needs the line to wait for: line", param: 'log' }
    const stray = [...names].find(name => name !== first && name !== 'every' && !conditions[first]?.includes(name))
    return stray === undefined ? undefined : { message: `'${stray}' does not go with '${first}'`, param: stray }
  },
  action: given => ({ kind: 'wait_for', condition: conditionOf(given), every: given.every ?? ms(200) }),
})

/** `fault` has seen to it that there is one. */
function conditionOf(given: Given<typeof params>): WaitCondition {
  const { port, address = '127.0.0.1', file, absent = false, log: path, line: pattern, command } = given
  if (port !== undefined) return { kind: 'port', port, address }
  if (file !== undefined) return { kind: 'file', path: file, absent }
  if (path !== undefined && pattern !== undefined) return { kind: 'log', path, pattern }
  if (command !== undefined) return { kind: 'command', command }
  throw new TypeError('a wait_for without a condition came through its check')
}
