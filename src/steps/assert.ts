import { stepKind } from '../playbook/step-kind.ts'

/** Claims about facts, results and variables; one that does not hold makes the test fail. */
export const assert = stepKind({
  name: 'assert',
  bare: 'that',
  params: { that: { kind: 'claims', needed: true }, message: { kind: 'text' } },
  modifiers: ['for', 'optional'],
  action: ({ that, message }) => ({ kind: 'assert', claims: that, message }),
})
