import { stepKind } from '../playbook/step-kind.ts'

/** Gives variables values that later steps read. */
export const set = stepKind({
  name: 'set',
  bare: 'values',
  keyed: false,
  params: { values: { kind: 'mapping', needed: true } },
  modifiers: ['for', 'secret'],
  action: ({ values }) => ({ kind: 'set', values }),
})
