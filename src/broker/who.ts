import { classOf, isDenied } from '../book/judge.ts'
import type { ClassRule, IdentityRule, Rules } from '../book/limits.ts'
import { type Reason, reason } from '../book/reasons.ts'
import { type Login, netOf } from './login.ts'
import type { SshKey } from './ssh-key.ts'

/** Who asks, by the rules of the endpoint. */
export interface Caller {
  readonly identity: string
  readonly class: ClassRule
  readonly admin: boolean
  /** Of the key that made the identity; undefined where the forced command names it. */
  readonly fingerprint: string | undefined
}

export const isCaller = (found: Caller | Reason): found is Caller => 'identity' in found

/** `forced`: the name that the forced command gives; then no key is looked at. */
export function callerOf(rules: Rules, login: Login, forced: string | undefined): Caller | Reason {
  const known = forced === undefined ? knownBy(rules, login.keys) : named(rules, forced)
  if (known === undefined) return reason('IDENTITY_UNKNOWN', unknownData(login, forced))
  const { identity, fingerprint } = known
  const own = classOf(rules, { identity, address: netOf(login) })
  if (own === undefined) return reason('CLASS_DENIED', { identity })
  if (isDenied(rules, own)) return reason('CLASS_DENIED', { identity, class: own.name })
  return { identity, class: own, admin: rules.identities[identity]?.admin === true, fingerprint }
}

interface Known {
  readonly identity: string
  readonly fingerprint: string | undefined
}

const named = ({ identities }: Rules, identity: string): Known | undefined =>
  Object.hasOwn(identities, identity) ? { identity, fingerprint: undefined } : undefined

/** A key of its own comes before the names in a certificate; then the first in the file. */
function knownBy(rules: Rules, keys: readonly SshKey[]): Known | undefined {
  const byKey = ({ keys: own }: IdentityRule, { fingerprint }: SshKey) => own.includes(fingerprint)
  const byPrincipal = (rule: IdentityRule, { principals }: SshKey) =>
    principals.some(each => rule.principals.includes(each))
  for (const fits of [byKey, byPrincipal])
    for (const [identity, rule] of Object.entries(rules.identities))
      for (const key of keys) if (fits(rule, key)) return { identity, fingerprint: key.fingerprint }
  return undefined
}

function unknownData({ keys: [key] }: Login, forced: string | undefined): Reason['data'] {
  if (forced !== undefined) return { identity: forced }
  return key === undefined ? {} : { fingerprint: key.fingerprint }
}
