import { acting, stepKind } from '../playbook/step-kind.ts'

/** Fills in the file of a template with the variables of each host, and sends the text. */
export const template = stepKind({
  name: 'template',
  bare: 'from',
  params: {
    from: { kind: 'template', needed: true },
    to: { kind: 'text', needed: true },
    mode: { kind: 'mode' },
    owner: { kind: 'owner' },
    keep: { kind: 'flag' },
  },
  modifiers: acting,
  action: ({ from, to, mode, owner, keep = false }) => ({ kind: 'push', from, to, mode, owner, keep }),
})
