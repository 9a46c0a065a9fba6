import { LockstepError, problemsOf } from '../errors/error.ts'
import type { Findings } from '../source/findings.ts'
import { parseDuration } from '../units/duration.ts'
import type { ConnectionGround } from './connection.ts'
import type { PlayHost } from './play.ts'

/** How lockstep-broker of a shared host is reached, of a host that has `lockstep_user`; what is declared of its clock. */
export function brokerIn(ground: ConnectionGround, findings: Findings): Pick<PlayHost, 'broker' | 'clockError'> {
  return { ...loginIn(ground, findings), ...clockErrorIn(ground, findings) }
}

function loginIn(ground: ConnectionGround, findings: Findings): Pick<PlayHost, 'broker'> {
  const user = textIn('lockstep_user', ground, findings)
  const key = textIn('lockstep_private_key_file', ground, findings)
  if (user === undefined) return {}
  // ssh expands `~` by the home of whoever starts it, as it does for the host's own key.
  const privateKeyFile = key?.replace(/^~(?=\/)/, ground.home ?? '~')
  return { broker: { user, ...(privateKeyFile === undefined ? {} : { privateKeyFile }) } }
}

function clockErrorIn(ground: ConnectionGround, findings: Findings): Pick<PlayHost, 'clockError'> {
  const clockError = textIn(clockVariable, ground, findings)
  if (clockError === undefined || (parseDuration(clockError) ?? 0n) > 0n)
    return clockError === undefined ? {} : { clockError }
  const at = ground.scope.variables.get(clockVariable)?.at ?? ground.at
  findings.add({ code: 'PLAYBOOK_HOST', message: `the variable '${clockVariable}' is a time, such as 10ms`, at })
  return {}
}

const clockVariable = 'lockstep_clock_error'

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
