import { stepKind } from '../playbook/step-kind.ts'

/** Does nothing for a while. */
export const pause = stepKind({
  name: 'pause',
  bare: 'length',
  keyed: false,
  params: { length: { kind: 'duration', needed: true } },
  modifiers: [],
  action: ({ length }) => ({ kind: 'pause', length }),
})
