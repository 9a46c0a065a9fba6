import { running, stepKind } from '../playbook/step-kind.ts'

/** Runs a shell line or an argv on the host. */
export const run = stepKind({
  name: 'run',
  bare: 'command',
  keyed: false,
  params: { command: { kind: 'command', needed: true } },
  modifiers: running,
  action: ({ command }, around) => ({ kind: 'command', command, ...around }),
})
