import { acting, stepKind } from '../playbook/step-kind.ts'

/** Sends a file or folder, and takes it back at the end of the run unless it is to be kept. */
export const push = stepKind({
  name: 'push',
  bare: 'from',
  params: {
    from: { kind: 'path', needed: true },
    to: { kind: 'text', needed: true },
    mode: { kind: 'mode' },
    owner: { kind: 'owner' },
    keep: { kind: 'flag' },
  },
  modifiers: acting,
  action: ({ from, to, mode, owner, keep = false }) => ({ kind: 'push', from: { path: from }, to, mode, owner, keep }),
})
