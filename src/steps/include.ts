import { stepKind } from '../playbook/step-kind.ts'

/** The steps of another file, in its place. Its modifiers are the defaults of each of them. */
export const include = stepKind({
  name: 'include',
  bare: 'file',
  params: { file: { kind: 'text', needed: true }, with: { kind: 'mapping' } },
  modifiers: ['optional', 'become', 'env', 'cwd', 'retries', 'delay', 'timeout', 'secret'],
})
