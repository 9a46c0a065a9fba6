import { LockstepError, problemsOf } from '../errors/error.ts'
import type { Findings } from '../source/findings.ts'
import type { ConnectionGround } from './connection.ts'
import type { PlayHost } from './play.ts'

/** How lockstep-broker of a shared host is reached; nothing of a host that has no `lockstep_user`. */
export function brokerIn(ground: ConnectionGround, findings: Findings): Pick<PlayHost, 'broker'> {
  const user = textIn('lockstep_user', ground, findings)
  const key = textIn('lockstep_private_key_file', ground, findings)
  if (user === undefined) return {}
  // ssh expands `~` by the home of whoever starts it, as it does for the host's own key.
  const privateKeyFile = key?.replace(/^~(?=\/)/, ground.home ?? '~')
  return { broker: { user, ...(privateKeyFile === undefined ? {} : { privateKeyFile }) } }
}

function textIn(name: string, { scope, at: hostAt }: ConnectionGround, findings: Findings): string | undefined {
  const at = scope.variables.get(name)?.at ?? hostAt
  try {
    const value = scope.evaluate.variable(name, at)
    if (value === undefined || (typeof value === 'string' && /^[^\s\0]+$/.test(value))) return value
    findings.add({ code: 'PLAYBOOK_HOST', message: `the variable '${name}' is a text without blanks`, at })
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    for (const problem of problemsOf(error)) findings.add(problem)
  }
  return undefined
}
