import { acting, stepKind } from '../playbook/step-kind.ts'

/** Brings files of the host into the run folder. */
export const pull = stepKind({
  name: 'pull',
  bare: 'from',
  params: { from: { kind: 'texts', needed: true }, to: { kind: 'text' }, missing_ok: { kind: 'flag' } },
  modifiers: acting,
  action: ({ from, to, missing_ok = false }) => ({ kind: 'pull', from, to, missingOk: missing_ok }),
})
