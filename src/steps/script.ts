import { running, stepKind } from '../playbook/step-kind.ts'

/** Sends a program of this machine, runs it, removes it. */
export const script = stepKind({
  name: 'script',
  bare: 'file',
  params: { file: { kind: 'file', needed: true }, args: { kind: 'texts' } },
  modifiers: running,
  action: ({ file, args = [] }, around) => ({ kind: 'script', file, args, ...around }),
})
